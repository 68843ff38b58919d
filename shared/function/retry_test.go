package function

import (
	"io"
	"net/http"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
)

// newClient is a client as a function makes it, of a table's server.
func newClient(t *testing.T, table *localtest.TaskTable) *dynamodb.Client {
	t.Helper()
	isolate(t)
	return dynamodb.NewFromConfig(Config(variables(table)))
}

// variables are a function's, with a table's server in DynamoDB's place.
func variables(table *localtest.TaskTable) []string {
	return []string{"AWS_REGION=" + localtest.Region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_ENDPOINT_URL_DYNAMODB=" + table.Proxy.URL}
}

// TestRecoversFromThrottles: throttling slows down the throttled call, but not
// later calls.
func TestRecoversFromThrottles(t *testing.T) {
	const throttles, calls = 2, 20
	table := localtest.Table(t)
	client := newClient(t, table)
	describe := func() {
		t.Helper()
		_, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &table.Name})
		if err != nil {
			t.Fatal(err)
		}
	}
	table.Proxy.Inject(faultproxy.Fault{Times: throttles, Do: faultproxy.Reply(http.StatusBadRequest,
		"application/x-amz-json-1.0", `{"__type":"ThrottlingException","message":"injected"}`)})
	describe()
	if sent := len(table.Proxy.Requests(nil)); sent != throttles+1 {
		t.Errorf("%d requests were sent, want %d", sent, throttles+1)
	}
	start := time.Now()
	for range calls {
		describe()
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("after the throttles, %d calls took %v", calls, took)
	}
}

// TestHungConnection: a connection that stays silent costs an attempt's
// timeout, and the next attempt succeeds.
func TestHungConnection(t *testing.T) {
	const timeout, backoff = 100 * time.Millisecond, 2 * time.Second // before the second attempt, at most
	table := localtest.Table(t)
	client := newClient(t, table)
	sender, ok := client.Options().HTTPClient.(*awshttp.BuildableClient)
	if !ok || sender.GetTimeout() != requestTimeout {
		t.Errorf("the HTTP client is %T, and its timeout not %v", client.Options().HTTPClient, requestTimeout)
	}
	for name, begin := range map[string]func(w http.ResponseWriter){
		"OKBeforeAnswer": func(http.ResponseWriter) {},
		"OKWithinAnswer": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			table.Proxy.Reset()
			table.Proxy.Inject(faultproxy.Fault{Times: 1,
				Do: func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
					_, _ = io.Copy(io.Discard, r.Body) // else the server does not see the client leave
					begin(w)
					<-r.Context().Done()
				}})
			start := time.Now()
			_, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &table.Name},
				func(o *dynamodb.Options) { o.HTTPClient = HTTPClient().WithTimeout(timeout) })
			if took := time.Since(start); err != nil || took > timeout+backoff+time.Second {
				t.Errorf("it took %v: %v", took, err)
			}
			if sent := len(table.Proxy.Requests(nil)); sent != 2 {
				t.Errorf("%d requests were sent, want 2", sent)
			}
		})
	}
}
