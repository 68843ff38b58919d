package objects

import (
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

func TestCheckExpires(t *testing.T) {
	for expires, ok := range map[time.Duration]bool{
		0: false, time.Second: true, 7 * 24 * time.Hour: true, 7*24*time.Hour + time.Second: false,
	} {
		if err := CheckExpires(command.Span(expires)); (err == nil) != ok {
			t.Errorf("%v: %v", expires, err)
		}
	}
}
