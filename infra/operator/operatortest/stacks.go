package operatortest

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// DescribeStacks serves CloudFormation's DescribeStacks for one stack with outputs, each given as NAME=VALUE, until
// the test ends.
func DescribeStacks(t *testing.T, name string, outputs ...string) (endpoint string) {
	t.Helper()
	type output struct{ OutputKey, OutputValue string }
	type description struct {
		StackName, StackId string
		Outputs            []output `xml:"Outputs>member"`
	}
	var answer struct {
		XMLName xml.Name      `xml:"http://cloudformation.amazonaws.com/doc/2010-05-15/ DescribeStacksResponse"`
		Stacks  []description `xml:"DescribeStacksResult>Stacks>member"`
	}
	stack := description{StackName: name, StackId: "arn:aws:cloudformation:us-east-1:111122223333:stack/" + name + "/1"}
	for _, o := range outputs {
		key, value, _ := strings.Cut(o, "=")
		stack.Outputs = append(stack.Outputs, output{key, value})
	}
	answer.Stacks = []description{stack}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		if r.FormValue("Action") != "DescribeStacks" || r.FormValue("StackName") != name {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>` +
				`<Message>Stack with id ` + r.FormValue("StackName") + ` does not exist</Message></Error></ErrorResponse>`))
			return
		}
		_ = xml.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
