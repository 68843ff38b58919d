// Package warmup makes a function's first requests while its sandbox initializes. Init
// has a full vCPU, but an invocation has only the share that the function's memory size
// gives it. A client's first request compiles endpoint rules, loads certificates and
// makes a TLS handshake, which takes a small function about a second.
package warmup

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sdtasktracker/shared/announcement"
)

// limit is how long init waits for its connections. In AWS's network they take a few
// milliseconds. If they take longer than the limit, the invocation opens its own.
const limit = time.Second

// Operation handles an announcement as an invocation does, with clients that have
// [Divert]. It ignores failures, because the first invocation repeats the request with
// retries, and logs errors.
type Operation func(context.Context, announcement.Announcement)

// Do parses a message, runs all operations on it at once, and waits for them for at most
// a second.
func Do(message events.SNSEntity, operations ...Operation) {
	a, err := announcement.FromSNS(message)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), diverted{}, true), limit)
	defer cancel()
	var all sync.WaitGroup
	for _, operation := range operations {
		all.Go(func() { operation(ctx, a) })
	}
	all.Wait()
}

// diverted marks the context of an operation that must not reach its service.
type diverted struct{}

// Diverted reports whether [Do] runs the operation. Its answer is then empty.
func Diverted(ctx context.Context) bool { return ctx.Value(diverted{}) != nil }

// Divert is an option of clients. An operation that [Do] runs goes through the whole
// client, but Divert replaces its request with an unsigned HEAD request for "/". That
// request opens a connection for the next operation. It reads and changes nothing, costs
// nothing, and needs no permission. The operation always gets an empty answer.
func Divert(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("WarmUp", divert), middleware.After)
}

func divert(
	ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
) (out middleware.DeserializeOutput, metadata middleware.Metadata, err error) {
	request, ok := in.Request.(*smithyhttp.Request)
	if !Diverted(ctx) || !ok {
		return next.HandleDeserialize(ctx, in)
	}
	harmless, err := request.SetStream(nil)
	if err != nil {
		return out, metadata, err
	}
	harmless.Method, harmless.Header, harmless.ContentLength = http.MethodHead, http.Header{}, 0
	harmless.URL.Path, harmless.URL.RawPath, harmless.URL.RawQuery = "/", "", ""
	sent, _, err := next.HandleDeserialize(ctx, middleware.DeserializeInput{Request: harmless})
	if answer, ok := sent.RawResponse.(*smithyhttp.Response); ok && err == nil {
		_, _ = io.Copy(io.Discard, answer.Body) // so that the next request can reuse the connection
		_ = answer.Body.Close()
	}
	out.RawResponse = emptyAnswer(request)
	return out, metadata, nil
}

// emptyAnswer returns an empty answer in the protocol of the request.
func emptyAnswer(request *smithyhttp.Request) *smithyhttp.Response {
	body := "<Empty/>"
	if request.Header.Get("X-Amz-Target") != "" {
		body = "{}"
	}
	return &smithyhttp.Response{Response: &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewBufferString(body)),
	}}
}
