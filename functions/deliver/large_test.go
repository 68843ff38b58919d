package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/tasktable"
)

// TestOverFiveGigabytes lets the compiled function deliver an object that CopyObject
// refuses. It is here and not with the end-to-end tests because five gigabytes take
// a dozen seconds, which a change of another function should not cost.
func TestOverFiveGigabytes(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it copies 5 GB")
	}
	const size = 5<<30 + 1<<20
	f, table := newFiles(t), localtest.Table(t)
	_, err := f.past.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("source"), Key: aws.String("large"),
		ContentType: aws.String("image/png"), Metadata: map[string]string{"seed": "42"}, Tagging: aws.String("a=b")})
	if err != nil {
		t.Fatal(err)
	}
	const last = "the last bytes"
	if err := writeAt(filepath.Join(f.dir, "source/large"), size-int64(len(last)), last); err != nil {
		t.Fatal(err)
	}
	variables := environment.Encode(environment.Deliver{Table: environment.Table{TaskTable: table.Name},
		Metrics: environment.Metrics{Namespace: "test"}, OutputBucket: "source", DeliveryBucket: "destination"})
	variables["AWS_ENDPOINT_URL_DYNAMODB"], variables["AWS_ENDPOINT_URL_S3"] = table.Proxy.URL, f.proxy.URL
	functions := localtest.Functions(t, lambdahost.Function{Environment: variables, Timeout: 15 * time.Minute,
		Bootstrap: localtest.Bootstrap(t, "functions/deliver")})
	event, err := json.Marshal(events.SNSEvent{Records: []events.SNSEventRecord{{SNS: events.SNSEntity{
		MessageID: "m", Timestamp: time.Now(), Message: `{"id":"a","result":true,"image_url":["s3://source/large"]}`}}}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := functions.Client.Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: aws.String("deliver"), Payload: event})
	if err != nil || out.FunctionError != nil {
		t.Fatalf("%v, %s: %s", err, aws.ToString(out.FunctionError), out.Payload)
	}
	task, err := (&tasktable.Table{Client: table.Client, Name: table.Name}).Get(t.Context(), "a")
	if err != nil || task.DeliveryStatus != tasktable.Delivered {
		t.Errorf("got %+v, %v", task, err)
	}
	copied, err := f.past.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("destination"),
		Key: aws.String("large"), Range: aws.String(fmt.Sprintf("bytes=-%d", len(last)))})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Body.Close()
	end, err := io.ReadAll(copied.Body)
	got := fmt.Sprintf("%s %s %v %d %q %v", aws.ToString(copied.ContentRange), aws.ToString(copied.ContentType),
		copied.Metadata, aws.ToInt32(copied.TagCount), end, err)
	want := fmt.Sprintf("bytes %d-%d/%d image/png map[seed:42] 1 %q <nil>",
		int64(size-len(last)), int64(size-1), int64(size), last)
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// writeAt makes a file of zeros that ends in a text.
func writeAt(path string, offset int64, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteAt([]byte(text), offset)
	return errors.Join(err, file.Close())
}
