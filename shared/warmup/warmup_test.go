package warmup_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/warmup"
)

// received is what a service receives: each request, and the client's address.
type received struct {
	mutex     sync.Mutex
	requests  []string
	addresses map[string]bool
}

func (s *received) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.String()+" "+r.Header.Get("Authorization"))
	s.addresses[r.RemoteAddr] = true
	w.WriteHeader(http.StatusForbidden)
}

func config(endpoint string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(endpoint), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		APIOptions:  []func(*middleware.Stack) error{warmup.Divert},
	}
}

func TestDo(t *testing.T) {
	service := &received{addresses: map[string]bool{}}
	server := httptest.NewServer(service)
	defer server.Close()
	message := warmup.Announcement("bucket", 1)
	table, bucket := dynamodb.NewFromConfig(config(server.URL)), s3.NewFromConfig(config(server.URL))
	update := func(ctx context.Context) error {
		_, err := table.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: aws.String("t"),
			Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "a"}}})
		return err
	}
	copyObject := func(ctx context.Context) error {
		_, err := bucket.CopyObject(ctx, &s3.CopyObjectInput{
			Bucket: aws.String("b"), Key: aws.String("a/b"), CopySource: aws.String("c/d")})
		return err
	}
	for name, operation := range map[string]func(context.Context) error{"OKDynamoDB": update, "OKS3": copyObject} {
		t.Run(name, func(t *testing.T) {
			service.requests, service.addresses = nil, map[string]bool{}
			warmup.Do(message, func(ctx context.Context, _ announcement.Announcement) {
				if err := operation(ctx); err != nil {
					t.Errorf("the operation fails: %v", err)
				}
			})
			if len(service.requests) != 1 || service.requests[0] != "HEAD / " {
				t.Errorf("the service receives %q", service.requests)
			}
			if err := operation(t.Context()); err == nil || len(service.requests) != 2 {
				t.Errorf("a later operation does not reach the service: %q", service.requests)
			}
			if len(service.addresses) != 1 {
				t.Errorf("%d connections", len(service.addresses))
			}
		})
	}
	t.Run("OKNobodyListens", func(t *testing.T) {
		server.Close()
		warmup.Do(message, func(ctx context.Context, _ announcement.Announcement) { _ = update(ctx) },
			func(ctx context.Context, _ announcement.Announcement) { _ = copyObject(ctx) })
	})
}

// TestDoWaitsForASecond: init doesn't wait longer for a service that doesn't answer.
func TestDoWaitsForASecond(t *testing.T) {
	release := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer silent.Close()
	defer close(release)
	table := dynamodb.NewFromConfig(config(silent.URL))
	var limit time.Duration
	var ended error
	warmup.Do(warmup.Announcement("bucket", 1), func(ctx context.Context, _ announcement.Announcement) {
		deadline, _ := ctx.Deadline()
		limit = time.Until(deadline)
		_, _ = table.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("t")})
		ended = ctx.Err()
	})
	if limit <= 0 || limit > time.Second || ended == nil {
		t.Errorf("it has %v, want at most a second; its context ended with %v", limit, ended)
	}
}

// TestAnnouncement: the functions accept it as an announcement.
func TestAnnouncement(t *testing.T) {
	a, err := announcement.FromSNS(warmup.Announcement("bucket", 3))
	if err != nil || len(a.ImageURLs) != 3 || a.Status != announcement.Completed {
		t.Errorf("got %+v, %v", a, err)
	}
}
