package objects

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/operator/command"
)

func TestSign(t *testing.T) {
	client := s3.New(s3.Options{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		BaseEndpoint: aws.String("http://127.0.0.1:9"), UsePathStyle: true})
	now := time.Date(2026, 1, 31, 12, 0, 0, 7, time.UTC)
	links, err := Sign(t.Context(), client, []string{"s3://images/a b.png"}, command.Span(time.Hour), now)
	if err != nil || len(links) != 1 {
		t.Fatalf("got %v, %v", links, err)
	}
	l := links[0]
	if l.URI != "s3://images/a b.png" || !strings.HasPrefix(l.URL, "http://127.0.0.1:9/images/a%20b.png?") ||
		!strings.Contains(l.URL, "X-Amz-Expires=3600") || !l.ExpiresAt.Equal(now.Add(time.Hour).Truncate(time.Second)) {
		t.Errorf("got %+v", l)
	}
}

// TestSignExpires: a link does not outlive the credentials that signed it.
func TestSignExpires(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for left, want := range map[time.Duration]time.Duration{time.Minute: time.Minute, 2 * time.Hour: time.Hour} {
		client := s3.New(s3.Options{Region: "eu-west-1", Credentials: aws.CredentialsProviderFunc(
			func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b", CanExpire: true, Expires: now.Add(left)}, nil
			})})
		links, err := Sign(t.Context(), client, []string{"s3://images/a.png"}, command.Span(time.Hour), now)
		if err != nil || !links[0].ExpiresAt.Equal(now.Add(want)) {
			t.Errorf("with credentials for %v: %v, %v", left, links, err)
		}
	}
}

func TestCheckExpires(t *testing.T) {
	for expires, ok := range map[time.Duration]bool{
		0: false, time.Second: true, 7 * 24 * time.Hour: true, 7*24*time.Hour + time.Second: false,
	} {
		if err := CheckExpires(command.Span(expires)); (err == nil) != ok {
			t.Errorf("%v: %v", expires, err)
		}
	}
}
