package operatortest

import (
	"cmp"
	"fmt"
	"html"
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
		fail(w, r, http.StatusForbidden, "AccessDeniedException", "not authorized to perform: "+operation)
	case operation == "DescribeStacks":
		a.describeStacks(w, r, account)
	case operation == "GetTopicAttributes":
		answer(w, operation, `<Attributes><entry><key>Owner</key><value>`+account+`</value></entry></Attributes>`)
	case operation == "GetCallerIdentity":
		answer(w, operation, `<Account>`+account+`</Account><Arn>arn:aws:iam::`+account+`:user/me</Arn>`)
	case operation == "GetParameter" && a.Bootstrap == "":
		fail(w, r, http.StatusBadRequest, "ParameterNotFound", "")
	case operation == "GetParameter":
		fmt.Fprintf(w, `{"Parameter": {"Value": %q}}`, a.Bootstrap)
	case operation != "":
		fail(w, r, http.StatusBadRequest, "NotServed", operation+" is not served")
	case r.Method == http.MethodPut:
		w.Header().Set("ETag", `"1"`)
	default: // S3
		fmt.Fprint(w, `<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated></ListBucketResult>`)
	}
}

// describeStacks answers with the named stack, or with one stack a page.
func (a *AWS) describeStacks(w http.ResponseWriter, r *http.Request, account string) {
	name := r.FormValue("StackName")
	next, _ := strconv.Atoi(r.FormValue("NextToken")) // 0 for the first page
	if name != "" {
		next = slices.IndexFunc(a.Stacks, func(s Stack) bool { return s.Name == name })
	}
	page := ""
	switch {
	case next < 0:
		fail(w, r, http.StatusBadRequest, "ValidationError", "Stack with id "+name+" does not exist")
		return
	case next < len(a.Stacks):
		page = a.Stacks[next].xml(account)
	}
	token := ""
	if name == "" && next+1 < len(a.Stacks) {
		token = fmt.Sprintf("<NextToken>%d</NextToken>", next+1)
	}
	answer(w, "DescribeStacks", "<Stacks>"+page+"</Stacks>"+token)
}

func (s Stack) xml(account string) string {
	var outputs strings.Builder
	for _, o := range s.Outputs {
		key, value, _ := strings.Cut(o, "=")
		fmt.Fprintf(&outputs, `<member><OutputKey>%s</OutputKey><OutputValue>%s</OutputValue></member>`, key,
			html.EscapeString(value))
	}
	return fmt.Sprintf(`<member><StackName>%[1]s</StackName><StackStatus>CREATE_IN_PROGRESS</StackStatus>`+
		`<StackId>arn:aws:cloudformation:us-east-1:%[2]s:stack/%[1]s/1</StackId><Outputs>%[3]s</Outputs></member>`,
		s.Name, account, &outputs)
}

// answer answers as services that speak XML do.
func answer(w http.ResponseWriter, operation, result string) {
	fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", operation, result)
}

// fail answers with an error, in JSON as SSM does or else in XML.
func fail(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	w.WriteHeader(status)
	format := `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>`
	if r.Header.Get("X-Amz-Target") != "" {
		format = `{"__type": %q, "message": %q}`
	}
	fmt.Fprintf(w, format, code, message)
}
