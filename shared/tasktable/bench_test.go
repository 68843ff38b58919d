package tasktable

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sdtasktracker/shared/announcement"
)

// sample is an announcement with a context of typical size.
func sample(tb testing.TB) announcement.Announcement {
	tb.Helper()
	message, err := os.ReadFile("../announcement/testdata/V3Completed.json")
	if err != nil {
		tb.Fatal(err)
	}
	a, err := announcement.FromSNS(events.SNSEntity{
		MessageID: "m", Timestamp: time.Unix(1767225600, 0), Message: string(message),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// contextText is what a caller of the guidance sends along.
const contextText = `{"prompt":"a lighthouse at dusk, oil on canvas","seed":4130492385,"steps":28,
	"cfg":7.5,"size":[768,768],
	"lora":[{"name":"paper","weight":0.65},{"name":"ink","weight":-0.2}],"user":{"id":90071992547409931,"plan":"pro"}}`

// BenchmarkContext compares turning JSON into attributes with reading the JSON.
func BenchmarkContext(b *testing.B) {
	b.Run("FromJSON", func(b *testing.B) {
		for b.Loop() {
			if _, err := fromJSON([]byte(contextText)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("EncodingJSON", func(b *testing.B) {
		for b.Loop() {
			decoder := json.NewDecoder(strings.NewReader(contextText))
			decoder.UseNumber()
			var value any
			if err := decoder.Decode(&value); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRecord compares a whole write with the SDK's part in it: an update that
// sets one attribute.
func BenchmarkRecord(b *testing.B) {
	client := dynamodb.New(dynamodb.Options{Region: "us-east-1", HTTPClient: answering("{}"),
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")})
	table, a := &Table{Client: client, Name: "t"}, sample(b)
	b.Run("Record", func(b *testing.B) {
		for b.Loop() {
			if _, err := table.Record(b.Context(), a); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("SDKAlone", func(b *testing.B) {
		for b.Loop() {
			_, err := client.UpdateItem(b.Context(), &dynamodb.UpdateItemInput{
				TableName: &table.Name, Key: item{attrTaskID: text(a.TaskID)},
				UpdateExpression:          aws.String("SET #s = :s"),
				ExpressionAttributeNames:  map[string]string{"#s": attrStatus},
				ExpressionAttributeValues: item{":s": text(string(a.Status))}})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// answering is a server that has one answer.
type answering string

func (a answering) Do(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(string(a)))}, nil
}

// TestAllocations: a message's way to a request stays light.
func TestAllocations(t *testing.T) {
	table, a := &Table{Name: "t"}, sample(t)
	for name, test := range map[string]struct {
		most float64
		do   func()
	}{
		"Context": {220, func() { _, _ = fromJSON([]byte(contextText)) }},
		"Update":  {190, func() { u, _ := table.blindUpdate(a, announcementBytes); _ = namesIn(u.expression()) }},
	} {
		if got := testing.AllocsPerRun(100, test.do); got > test.most {
			t.Errorf("%s takes %.0f allocations, want at most %.0f", name, got, test.most)
		}
	}
}
