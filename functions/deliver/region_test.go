package main

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/awsclient"
)

// route lets a client sign its requests for the endpoints of Amazon S3, notes
// those endpoints and the Regions signed for, and sends the requests to a server.
type route struct {
	server *url.URL

	mutex sync.Mutex
	seen  map[string]bool // "METHOD host Region"
}

// config makes clients that know no endpoint but Amazon S3's own.
func (r *route) config(cfg aws.Config) aws.Config {
	cfg.BaseEndpoint = nil
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("route", r.send), "Signing", middleware.After)
	})
	return cfg
}

func (r *route) send(
	ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
) (middleware.FinalizeOutput, middleware.Metadata, error) {
	request := in.Request.(*smithyhttp.Request)
	// Credential=KEY/DATE/REGION/s3/aws4_request
	_, scope, _ := strings.Cut(request.Header.Get("Authorization"), "Credential=")
	r.mutex.Lock()
	r.seen[fmt.Sprint(request.Method, " ", request.URL.Host, " ", strings.Split(scope, "/")[2])] = true
	r.mutex.Unlock()
	bucket, _, _ := strings.Cut(request.URL.Host, ".")
	request.URL.Scheme, request.URL.Host = r.server.Scheme, r.server.Host
	request.URL.Path = "/" + bucket + request.URL.Path
	return next.HandleFinalize(ctx, in)
}

// TestDeliveryRegion: requests to the delivery bucket go to its Region and are signed
// for it; requests to the output bucket go to the function's Region.
func TestDeliveryRegion(t *testing.T) {
	for name, test := range map[string]struct {
		region string
		want   []string
	}{
		"OKItsOwn": {"eu-west-1", []string{
			"HEAD destination.s3.eu-west-1.amazonaws.com eu-west-1",
			"HEAD source.s3.us-east-1.amazonaws.com us-east-1",
			"PUT destination.s3.eu-west-1.amazonaws.com eu-west-1",
		}},
		"OKTheFunctions": {"", []string{
			"HEAD destination.s3.us-east-1.amazonaws.com us-east-1",
			"HEAD source.s3.us-east-1.amazonaws.com us-east-1",
			"PUT destination.s3.us-east-1.amazonaws.com us-east-1",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			store := localtest.Buckets(t, "source", "destination")
			put(t, store, "k")
			server, err := url.Parse(store.Proxy.URL)
			if err != nil {
				t.Fatal(err)
			}
			r := &route{server: server, seen: map[string]bool{}}
			cfg := r.config(awsclient.Configure(store.Config()))
			env := buckets
			env.DeliveryRegion = test.region
			copier := newCopier(env, cfg)
			for _, existed := range []bool{false, true} { // the second time, both objects are compared
				got := copier.CopyAll(t.Context(), []string{"s3://source/k"}, "")[0]
				if got.failure != nil || got.existed != existed {
					t.Fatalf("got %+v", got)
				}
			}
			if got := slices.Sorted(maps.Keys(r.seen)); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}
