// Package warmup makes a function's first requests while its sandbox initializes. Init
// runs with a full vCPU, an invocation with the share that the function's memory size
// gives it; what the first request of a client has to do alone, from endpoint rules to
// certificates and a TLS handshake, takes a small function a second.
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

// limit is how long init waits for its connections. In AWS's own network they take a
// few milliseconds; if they take longer, an invocation is better off trying itself.
const limit = time.Second

// Operation does to an announcement what an invocation does, with clients that have
// [Divert]. A failure is no error here: the first invocation repeats the request, with its
// retries and its log.
type Operation func(context.Context, announcement.Announcement)

// Do reads a message and runs operations on it, all at once, and waits for them, at
// most a second.
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

// Diverted reports whether [Do] runs the operation, whose answer is then empty.
func Diverted(ctx context.Context) bool { return ctx.Value(diverted{}) != nil }

// Divert is an option of clients. It lets an operation that [Do] runs go through all of
// the client, and sends in its place, on a connection that the next operation will use,
// a HEAD request for "/" without a signature: it reads and changes nothing, costs
// nothing, and needs no right. Whatever the answer is, the operation gets an empty one.
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
		_, _ = io.Copy(io.Discard, answer.Body) // so that the connection can be used again
		_ = answer.Body.Close()
	}
	out.RawResponse = emptyAnswer(request)
	return out, metadata, nil
}

// emptyAnswer is an answer to a request that says nothing, in the protocol's form.
func emptyAnswer(request *smithyhttp.Request) *smithyhttp.Response {
	body := "<Empty/>"
	if request.Header.Get("X-Amz-Target") != "" {
		body = "{}"
	}
	return &smithyhttp.Response{Response: &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewBufferString(body)),
	}}
}
