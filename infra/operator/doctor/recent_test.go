package doctor

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/tasktable"
)

// TestVisibility: a task that takes as long as one in twenty must not be handed out again meanwhile.
func TestVisibility(t *testing.T) {
	var durations []time.Duration
	for n := range 100 {
		durations = append(durations, time.Duration(n+1)*time.Second)
	}
	for name, test := range map[string]struct {
		timeout   string
		durations []time.Duration
		want      string
	}{
		"OK":          {"95", durations, "✓ its visibility timeout is 1m35s; 95% of tasks take less than 1m35s"},
		"OKUnknown":   {"30", nil, "? its visibility timeout is 30s; how long tasks take is not known"},
		"ErrTooShort": {"94", durations, "✗ its visibility timeout is 1m34s, but 5% of tasks take 1m35s or longer"},
		"ErrOne":      {"1", durations[4:5], "✗ its visibility timeout is 1s, but 5% of tasks take 5s or longer"},
		"ErrNoNumber": {"", durations, "? SQS's answer has no VisibilityTimeout"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/x-amz-json-1.0")
				fmt.Fprintf(w, `{"Attributes": {"VisibilityTimeout": %q}}`, test.timeout)
			}))
			defer server.Close()
			client := sqs.NewFromConfig(localtest.Config(server.URL))
			got := checkVisibility(t.Context(), client, server.URL+"/InputQueue", test.durations)
			if said := got.Mark + " " + got.Says; !strings.HasPrefix(said, test.want) {
				t.Errorf("got %s, want %s", said, test.want)
			}
		})
	}
}

// TestStarts: doctor reports whether the guidance announces when tasks start.
func TestStarts(t *testing.T) {
	for name, test := range map[string]struct {
		recent, started int
		want            string
	}{
		"OK":        {3, 1, "✓ 1 of the last 3 tasks were announced as running"},
		"OKNoTask":  {0, 0, "? no task has completed yet"},
		"OKNoStart": {3, 0, "? none of the last 3 tasks was announced as running"},
	} {
		t.Run(name, func(t *testing.T) {
			got := checkStarts(&deployment.Deployment{}, test.recent, test.started)
			if said := got.Mark + " " + got.Says; said != test.want {
				t.Errorf("got %s, want %s", said, test.want)
			}
		})
	}
}

// TestIndexes: lists need an active index of each kind that the settings ask for.
func TestIndexes(t *testing.T) {
	const callers = `{"callerContext": "user"}`
	type indexes = []types.GlobalSecondaryIndexDescription
	index := func(name string, status types.IndexStatus) types.GlobalSecondaryIndexDescription {
		return types.GlobalSecondaryIndexDescription{IndexName: &name, IndexStatus: status}
	}
	byStatus := index(tasktable.StatusIndex, types.IndexStatusActive)
	byCaller, coming := index(tasktable.CallerIndex, types.IndexStatusActive),
		index(tasktable.CallerIndex, types.IndexStatusCreating)
	for name, test := range map[string]struct {
		settings string
		indexes  indexes
		want     string
	}{
		"OK":             {`{}`, indexes{byStatus}, "✓ tasks is active, with its index"},
		"ErrNone":        {`{}`, nil, "✗ tasks has no active status-index"},
		"OKCallers":      {callers, indexes{byStatus, byCaller}, "✓ tasks is active, with its indexes"},
		"ErrNoCallers":   {callers, indexes{byStatus}, "✗ tasks has no active caller-index"},
		"ErrBackfilling": {callers, indexes{byStatus, coming}, "✗ tasks has no active caller-index"},
	} {
		t.Run(name, func(t *testing.T) {
			got := checkIndexes(&deployment.Deployment{TaskTable: "tasks", Settings: test.settings}, test.indexes)
			if said := got.Mark + " " + got.Says; said != test.want {
				t.Errorf("got %s, want %s", said, test.want)
			}
		})
	}
}

// TestBucketOwner says whose the bucket is, and how it encrypts.
func TestBucketOwner(t *testing.T) {
	const rule = `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>%s` +
		`</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`
	for name, test := range map[string]struct {
		owner            int // the status for the topic's account
		encryption, want string
	}{
		"OK": {200, fmt.Sprintf(rule, "<SSEAlgorithm>AES256</SSEAlgorithm>"),
			"owned by the topic's account, encrypted with AES256\n"},
		"OKKey": {200, fmt.Sprintf(rule, "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>"),
			"owned by the topic's account, encrypted with aws:kms k\n"},
		"OKOtherAccount": {403, fmt.Sprintf(rule, "<SSEAlgorithm>AES256</SSEAlgorithm>"),
			"owned by another account, so its policy must allow the functions (output DeliveryBucketPolicy), " +
				"encrypted with AES256\n"},
		"OKUnknown": {500, "", "owner not known, encryption not known (needs s3:GetEncryptionConfiguration)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Amz-Request-Id", "1")
				switch {
				case r.Header.Get("X-Amz-Expected-Bucket-Owner") == "111122223333":
					w.WriteHeader(test.owner)
				case r.URL.Query().Has("encryption") && test.encryption == "":
					w.WriteHeader(http.StatusForbidden)
				case r.URL.Query().Has("encryption"):
					_, _ = w.Write([]byte(test.encryption))
				default:
					_, _ = w.Write([]byte(`<ListBucketResult><Name>i</Name><IsTruncated>false</IsTruncated></ListBucketResult>`))
				}
			}))
			defer server.Close()
			got := doctor(t, []string{"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
				"AWS_MAX_ATTEMPTS=1", "AWS_ENDPOINT_URL=" + server.URL}, "--output-bucket", "images", "--topic-arn",
				"arn:aws:sns:us-east-1:111122223333:topic")
			if !strings.Contains(got.Out, "✓ output bucket: images is in us-east-1, "+test.want) {
				t.Errorf("exit code %d:\n%s%s", got.Code, got.Out, got.Progress)
			}
		})
	}
}

// TestTrial: the copy is expected where deliver writes it, whatever the delivery prefix has.
func TestTrial(t *testing.T) {
	d := &deployment.Deployment{Settings: `{"deliveryPrefix": "{date}/{runtime}/{task_id}/"}`}
	trial := newTrial(d, time.Date(2026, 1, 31, 23, 0, 0, 0, time.UTC))
	if want := "2026-01-31/sdtasks-doctor/" + trial.announcement.TaskID + "/" + trial.image.key; trial.copy.key != want {
		t.Errorf("got %s, want %s", trial.copy.key, want)
	}
}
