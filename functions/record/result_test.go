package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/tasktable"
)

// asDeployed returns the functions' configuration, without the pauses between attempts.
func asDeployed(endpoint string) aws.Config {
	return localtest.Impatient(awsclient.Configure(localtest.Config(endpoint)))
}

// TestNoResult: a task counts as recorded only if DynamoDB's answer says so.
func TestNoResult(t *testing.T) {
	bodies := map[string]string{"ErrEmpty": "", "ErrBlank": " \n", "ErrHTML": "<html>", "ErrList": "[]", "ErrCutOff": "{"}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.Table.Client = dynamodb.NewFromConfig(asDeployed(f.table.Proxy.URL))
			end := f.table.Proxy.Inject(faultproxy.Fault{Do: faultproxy.Reply(http.StatusOK, "text/plain", body)})
			if err := f.Handle(t.Context(), event(`{"id":"a","result":true}`)); err == nil {
				t.Error("it counts as recorded")
			}
			end()
			if _, err := f.Table.Get(t.Context(), "a"); !errors.Is(err, tasktable.ErrNotFound) {
				t.Errorf("the table has it: %v", err)
			}
			f.table.Proxy.Inject(faultproxy.Fault{Times: 3, Do: faultproxy.Reply(http.StatusOK, "text/plain", body)})
			if err := f.Handle(t.Context(), event(`{"id":"a","result":true}`)); err != nil {
				t.Fatal(err)
			}
			if got := f.task(t, "a"); got.Status != announcement.Completed {
				t.Errorf("the item is %+v", got)
			}
		})
	}
}

// TestReportCutOff: if the connection breaks off, record reads the report again.
func TestReportCutOff(t *testing.T) {
	f := newFixture(t)
	store := f.withReports(t)
	f.Outputs = s3.NewFromConfig(asDeployed(store.Proxy.URL))
	store.Proxy.Inject(faultproxy.Fault{Times: 3, Do: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("ETag", `"0f3c"`)
		w.Header().Set("X-Amz-Request-Id", "1")
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(errorReport[:50]))
	}})
	if err := f.Handle(t.Context(), event(`{"id":"a","result":false,"output_url":"s3://output/a/a-1.out"}`)); err != nil {
		t.Fatal(err)
	}
	if got := f.task(t, "a").Error; got != "HTTPError('500')" {
		t.Errorf("the item says %q", got)
	}
}

// TestSilentTable: an invocation that can't record answers before Lambda stops it.
func TestSilentTable(t *testing.T) {
	f := newFixture(t)
	f.table.Proxy.Inject(faultproxy.Fault{Do: func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that the client has gone
		<-r.Context().Done()
	}})
	invocation, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if err := f.Handle(invocation, event(`{"id":"a","result":true}`)); err == nil || invocation.Err() != nil {
		t.Errorf("error is %v, the invocation's %v", err, invocation.Err())
	}
}
