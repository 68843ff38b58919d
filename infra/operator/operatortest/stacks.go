package operatortest

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Account is the account that [AWS] serves, unless it has another.
const Account = "111122223333"

// Stack is a CloudFormation stack with outputs, each given as NAME=VALUE.
type Stack struct {
	Name    string
	Outputs []string
}

// AWS serves what init, the CDK CLI and the search for a stack ask of an account in us-east-1: CloudFormation, SNS, S3,
// SSM and STS, as their API references describe. Every topic and bucket exists.
type AWS struct {
	Account string
	Stacks  []Stack
	// Bootstrap is the version of CDK's bootstrap stack; "" if the account has none.
	Bootstrap string
	// Denied is an operation that is denied.
	Denied string

	mutex    sync.Mutex
	requests []string
}

// Requests are the operations that were requested, without those of S3.
func (a *AWS) Requests() []string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return slices.Clone(a.requests)
}

// Serve serves until the test ends.
func (a *AWS) Serve(t testing.TB) (endpoint string) {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return server.URL
}

// DescribeStacks serves an account with one stack, until the test ends.
func DescribeStacks(t testing.TB, name string, outputs ...string) (endpoint string) {
	t.Helper()
	return (&AWS{Stacks: []Stack{{name, outputs}}}).Serve(t)
}

// ServeHTTP answers a request of one of the services.
func (a *AWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amz-Request-Id", "1")
	account := cmp.Or(a.Account, Account)
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".") // of SSM
	if operation == "" && r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		operation = r.FormValue("Action")
	}
	if operation != "" {
		a.mutex.Lock()
		a.requests = append(a.requests, operation)
		a.mutex.Unlock()
	}
	switch {
	case operation != "" && operation == a.Denied:
		deny(w, r, operation)
	case operation == "DescribeStacks":
		a.describeStacks(w, account, r.FormValue("StackName"), r.FormValue("NextToken"))
	case operation == "GetTopicAttributes":
		answer(w, operation, `<Attributes><entry><key>Owner</key><value>`+account+`</value></entry></Attributes>`)
	case operation == "GetCallerIdentity":
		answer(w, operation, `<Account>`+account+`</Account><Arn>arn:aws:iam::`+account+`:user/me</Arn>`)
	case operation == "GetParameter":
		a.getParameter(w)
	case operation != "":
		answerError(w, http.StatusBadRequest, "NotServed", operation+" is not served")
	case r.Method == http.MethodPut:
		w.Header().Set("ETag", `"1"`)
	default: // S3
		w.Header().Set("Content-Type", "text/xml")
		_, _ = w.Write([]byte(`<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated></ListBucketResult>`))
	}
}

func deny(w http.ResponseWriter, r *http.Request, operation string) {
	if r.Header.Get("X-Amz-Target") == "" {
		answerError(w, http.StatusForbidden, "AccessDenied", "not authorized to perform: "+operation)
		return
	}
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"__type": "AccessDeniedException", "message": "not authorized to perform: %s"}`, operation)
}

// describeStacks answers with the named stack, or with one stack a page.
func (a *AWS) describeStacks(w http.ResponseWriter, account, name, token string) {
	next, _ := strconv.Atoi(token) // 0 for the first page
	if name != "" {
		next = slices.IndexFunc(a.Stacks, func(s Stack) bool { return s.Name == name })
	}
	switch {
	case next < 0:
		answerError(w, http.StatusBadRequest, "ValidationError", "Stack with id "+name+" does not exist")
		return
	case len(a.Stacks) == 0:
		answer(w, "DescribeStacks", "<Stacks/>")
		return
	}
	page := `<Stacks>` + a.Stacks[next].xml(account) + `</Stacks>`
	if name == "" && next+1 < len(a.Stacks) {
		page += fmt.Sprintf("<NextToken>%d</NextToken>", next+1)
	}
	answer(w, "DescribeStacks", page)
}

func (s Stack) xml(account string) string {
	type output struct{ OutputKey, OutputValue string }
	description := struct {
		XMLName            xml.Name `xml:"member"`
		StackName, StackId string
		Outputs            []output `xml:"Outputs>member"`
	}{
		StackName: s.Name, StackId: "arn:aws:cloudformation:us-east-1:" + account + ":stack/" + s.Name + "/1",
	}
	for _, o := range s.Outputs {
		key, value, _ := strings.Cut(o, "=")
		description.Outputs = append(description.Outputs, output{key, value})
	}
	text, _ := xml.Marshal(description) // which only has texts
	return string(text)
}

func (a *AWS) getParameter(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if a.Bootstrap == "" {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type": "ParameterNotFound"}`))
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"Parameter": map[string]string{"Value": a.Bootstrap}})
}

// answer answers as services that speak XML do.
func answer(w http.ResponseWriter, operation, result string) {
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", operation, result)
}

func answerError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>`,
		code, message)
}
