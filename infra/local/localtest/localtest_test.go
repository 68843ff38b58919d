package localtest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/tasktable"
)

func TestTable(t *testing.T) {
	one, other := localtest.Table(t), localtest.Table(t)
	if one.Name == other.Name {
		t.Errorf("both tables are %s", one.Name)
	}
	out, err := one.Client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(one.Name)})
	if err != nil {
		t.Fatal(err)
	}
	index := out.Table.GlobalSecondaryIndexes[0]
	if *index.IndexName != tasktable.StatusIndex ||
		!slices.Equal(index.Projection.NonKeyAttributes, tasktable.IndexedAttributes) {
		t.Errorf("the index is %s of %v", *index.IndexName, index.Projection.NonKeyAttributes)
	}
	if mine, others := one.Proxy.Requests(nil), other.Proxy.Requests(nil); len(mine) != 1 || len(others) != 0 {
		t.Errorf("the proxies counted %d and %d requests", len(mine), len(others))
	}
}

// TestBuckets copies an object twice, each time on the condition that the key doesn't exist.
func TestBuckets(t *testing.T) {
	store := localtest.Buckets(t, "from", "to")
	store.Put(t, "from", "a//b", "body")
	client := s3.NewFromConfig(store.Config())
	for i, want := range []string{"", "PreconditionFailed"} {
		_, err := client.CopyObject(t.Context(), &s3.CopyObjectInput{
			Bucket: aws.String("to"), Key: aws.String("a//b"), CopySource: aws.String("from/a//b"),
			IfNoneMatch: aws.String("*"),
		})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("copy %d: error is %v, want %q", i+1, err, want)
		}
	}
	if got := store.Get(t, "to", "a//b"); got != "body" {
		t.Errorf("got %q", got)
	}
	copies := store.Proxy.Requests(func(r faultproxy.Request) bool { return r.Method == http.MethodPut })
	if len(copies) != 2 || copies[1].Status != http.StatusPreconditionFailed {
		t.Errorf("the proxy saw %+v", copies)
	}
}

func TestQueues(t *testing.T) {
	queues := localtest.Queues(t)
	one, other := queues.Create(t, "letters"), queues.Create(t, "letters")
	queues.Send(t, one, "a")
	queues.Send(t, one, "b")
	got := queues.Receive(t, one)
	slices.Sort(got)
	if !slices.Equal(got, []string{"a", "b"}) || len(queues.Receive(t, other)) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestFunctions(t *testing.T) {
	bootstrap := localtest.Bootstrap(t, "./infra/local/lambdahost/testdata/function")
	functions := localtest.Functions(t, lambdahost.Function{
		Bootstrap: bootstrap, Environment: map[string]string{"SETTING": "value"},
	})
	out, err := functions.Client.Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: aws.String("function"), Payload: []byte(`{"Do":"env"}`),
	})
	if err != nil || out.FunctionError != nil {
		t.Fatalf("%v: %s", err, out.Payload)
	}
	for _, want := range []string{`"SETTING=value"`, `"AWS_REGION=us-east-1"`, functions.Proxy.URL} {
		if !strings.Contains(string(out.Payload), want) {
			t.Errorf("the environment has no %s: %s", want, out.Payload)
		}
	}
	if requests := functions.Proxy.Requests(nil); len(requests) != 1 {
		t.Errorf("%d requests", len(requests))
	}
}
