package deployment_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/operatortest"
)

// answerError serves errors as CloudFormation writes them.
func answerError(t *testing.T, status int, code, message string) (endpoint string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>`, code, message)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// parts are an error's: what failed, where, what to do, and what the SDK says.
func parts(err error) (what, where, do, sdk string) {
	line, sdk, _ := strings.Cut(err.Error(), "\n  the AWS SDK says: ")
	what, do, _ = strings.Cut(line, ") → ")
	i := strings.LastIndex(what, " (")
	return what[:max(i, 0)], what[max(i, 0):], do, sdk
}

// where is the place of most errors.
const where = "stack Tracker, Region eu-west-1, credentials of AWS_ACCESS_KEY_ID"

var keys = []string{"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test-secret"}

const denied = "User: arn:aws:iam::111122223333:user/me is not authorized to perform: cloudformation:DescribeStacks"

// advised are errors with what is said of them.
var advised = map[string]struct {
	status               int
	code, message        string
	variables            []string
	subcommand           string
	what, where, do, sdk string
}{
	"ErrNoStack": {400, "ValidationError", "Stack with id Tracker does not exist", keys, "list",
		"read the outputs of stack Tracker: the stack does not exist", where, "--region or --profile", "ValidationError"},
	"ErrDenied": {403, "AccessDenied", denied, keys, "redrive", ": access denied",
		"stack Tracker, Region eu-west-1, account 111122223333", "lambda:InvokeFunction of the function redrive", denied},
	"ErrDeniedWithoutText": {403, "AccessDenied", "", keys, "get", "access denied", "",
		"get needs cloudformation:DescribeStacks, and dynamodb:GetItem", "AccessDenied"},
	"ErrDeniedToDoctor": {403, "AccessDenied", "", keys, "doctor", "access denied", "",
		"README.md lists what doctor needs", "AccessDenied"},
	"ErrExpired": {403, "ExpiredToken", "The security token included in the request is expired", keys, "list",
		"the login has expired", where, "log in again with aws sso login", "ExpiredToken"},
	"ErrUnknownKeys": {403, "InvalidClientTokenId", "The security token included in the request is invalid", keys, "list",
		"AWS does not accept the credentials", where, "AWS_SESSION_TOKEN must come from the same login",
		"InvalidClientTokenId"},
	"ErrSkewed": {403, "SignatureDoesNotMatch",
		"Signature expired: 20260131T120000Z is now earlier than 20260131T121500Z",
		keys, "list", "this machine's clock is wrong", where, "set the clock", "Signature expired"},
	"ErrThrottled": {400, "Throttling", "Rate exceeded", keys, "list", "AWS throttles the requests", where,
		"wait a minute",
		"Throttling"},
	"ErrFailed": {500, "InternalFailure", "oops", keys, "list", "the AWS service failed",
		where, "try again", "InternalFailure"},
	"ErrNoRegion": {0, "", "", keys[1:], "list", "no Region is set",
		"stack Tracker, no Region, credentials of AWS_ACCESS_KEY_ID", "set --region, AWS_REGION", "Missing Region"},
	"ErrNoCredentials": {0, "", "", keys[:1], "list", "no credentials were found", "profile default",
		"choose a --profile",
		"failed to refresh cached credentials"},
	"ErrHalfOfCredentials": {0, "", "", append(keys[:2:2], "AWS_SECRET_ACCESS_KEY="), "list",
		"no credentials were found", where, "AWS_SECRET_ACCESS_KEY", "operation error"},
	"ErrNoSuchProfile": {0, "", "", append(keys, "AWS_PROFILE=corp"), "list", "the profile does not exist", where,
		"aws configure list-profiles", "corp"},
}

// TestAdvice: each error says on one line what failed, where, and what to do; --verbose adds the SDK's own text.
func TestAdvice(t *testing.T) {
	for name, test := range advised {
		t.Run(name, func(t *testing.T) {
			operatortest.ClearEnvironment(t)
			operatortest.AddEnvironment(t, "AWS_MAX_ATTEMPTS=1",
				"AWS_ENDPOINT_URL_CLOUDFORMATION="+answerError(t, max(test.status, 400), test.code, test.message))
			if test.status == 0 {
				t.Setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", "")
			}
			operatortest.AddEnvironment(t, test.variables...)
			finder := &deployment.Finder{Options: deployment.Options{StackName: "Tracker"}, Variables: test.variables}
			_, err := finder.FindTable(t.Context())
			quiet := finder.Explain(test.subcommand, err)
			if strings.Contains(quiet.Error(), "\n") {
				t.Errorf("more than one line:\n%v", quiet)
			}
			finder.Verbose = true
			err = finder.Explain(test.subcommand, err)
			what, where, do, sdk := parts(err)
			for got, want := range map[string]string{what: test.what, where: test.where, do: test.do, sdk: test.sdk} {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in %q of\n%v", want, got, err)
				}
			}
		})
	}
}

// TestUnreachable: without a network it is not the credentials that are wrong.
func TestUnreachable(t *testing.T) {
	for endpoint, want := range map[string]string{
		"http://127.0.0.1:9": "start the local stack again",
		"http://[::1]:9":     "the name of the Region",
	} {
		t.Run(endpoint, func(t *testing.T) {
			operatortest.ClearEnvironment(t)
			operatortest.AddEnvironment(t, "AWS_MAX_ATTEMPTS=1", "AWS_REGION=us-est-1", "AWS_ACCESS_KEY_ID=test",
				"AWS_SECRET_ACCESS_KEY=test", "AWS_ENDPOINT_URL_CLOUDFORMATION="+endpoint)
			finder := &deployment.Finder{}
			_, err := finder.FindTable(t.Context())
			err = finder.Explain("list", err)
			if _, _, do, _ := parts(err); !strings.Contains(do, want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestOtherStacks: a stack that is not a task tracker, or not of this version, or not deployed, is named as such.
func TestOtherStacks(t *testing.T) {
	operatortest.AddEnvironment(t, operatortest.Nowhere...)
	operatortest.AddEnvironment(t, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test-secret")
	for name, test := range map[string]struct {
		outputs []string
		want    string
	}{
		"CDKToolkit": {[]string{"BootstrapVersion=21"}, "CDKToolkit is not a task tracker stack: it has no output TaskTable"},
		"Old": {[]string{"RecordFunction=record"},
			"stack Old has no output TaskTable: another version of the task tracker was deployed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", operatortest.DescribeStacks(t, name, test.outputs...))
			finder := &deployment.Finder{Options: deployment.Options{StackName: name}}
			_, err := finder.FindTable(t.Context())
			what, where, do, _ := parts(err)
			if !strings.Contains(what, test.want) || do == "" ||
				!strings.HasPrefix(where, " (stack "+name+", Region us-east-1, account 111122223333") {
				t.Errorf("got %v", err)
			}
		})
	}
}
