package authorizer_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"sdtasktracker/infra/local/authorizer"
	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/iam"
	"sdtasktracker/infra/local/localtest"
)

const (
	account = "000000000000"
	role    = "arn:aws:iam::" + account + ":role/f"
	session = "arn:aws:sts::" + account + ":assumed-role/f/f"
)

// guarded is an authorizer with one role, f, whose function signs as "f".
type guarded struct {
	*authorizer.Authorizer
	denied []error
}

// newGuarded gives the role statements, as the elements of an Allow.
func newGuarded(t *testing.T, statements ...string) *guarded {
	t.Helper()
	g := &guarded{}
	place := authorizer.Place{Partition: "aws", Account: account, Region: localtest.Region}
	g.Authorizer = authorizer.New(place, func(err error) { g.denied = append(g.denied, err) })
	g.AddCaller("f", iam.Principal{ARN: session, Role: role})
	for _, statement := range statements {
		policy, err := iam.Parse("f", iam.Identity,
			[]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow",`+statement+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		g.AddRole(role, policy)
	}
	return g
}

// config calls a server as a caller does, through the authorizer.
func (g *guarded) config(t *testing.T, service authorizer.Service, server, caller string) aws.Config {
	t.Helper()
	keys := aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test-secret"}
	proxy := httptest.NewServer(g.Proxy(service, server, keys))
	t.Cleanup(proxy.Close)
	config := localtest.Config(proxy.URL)
	config.Credentials = credentials.NewStaticCredentialsProvider(caller, "secret", "token")
	return config
}

// wantDenied checks a service's answer, as the SDK reads it.
func wantDenied(t *testing.T, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || api.ErrorMessage() != message {
		t.Errorf("the error is %v, want %s: %s", err, code, message)
	}
}

func TestProxyOfDynamoDB(t *testing.T) {
	table := localtest.Table(t)
	arn := "arn:aws:dynamodb:" + localtest.Region + ":" + account + ":table/" + table.Name
	update := func(g *guarded, caller string) error {
		client := dynamodb.NewFromConfig(g.config(t, authorizer.DynamoDB, table.Proxy.URL, caller))
		_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: aws.String(table.Name),
			Key:       map[string]types.AttributeValue{"task_id": &types.AttributeValueMemberS{Value: "a"}}})
		return err
	}
	t.Run("OK", func(t *testing.T) {
		g := newGuarded(t, `"Action":"dynamodb:UpdateItem","Resource":"`+arn+`"`)
		if err := update(g, "f"); err != nil || len(g.denied) != 0 {
			t.Errorf("%v; denied: %v", err, g.denied)
		}
		signature := table.Proxy.Requests(nil)[0].Header.Get("Authorization")
		if !strings.Contains(signature, "Credential=test/") {
			t.Errorf("the server gets the signature %q", signature)
		}
	})
	t.Run("ErrAccessDenied", func(t *testing.T) {
		g := newGuarded(t, `"Action":"dynamodb:GetItem","Resource":"`+arn+`"`)
		table.Proxy.Reset()
		want := "User: " + session + " is not authorized to perform: dynamodb:UpdateItem on resource: " + arn +
			" because no identity-based policy allows the dynamodb:UpdateItem action"
		wantDenied(t, update(g, "f"), "AccessDeniedException", want)
		if len(g.denied) != 1 || g.denied[0].Error() != want || len(table.Proxy.Requests(nil)) != 0 {
			t.Errorf("denied: %v; %d requests", g.denied, len(table.Proxy.Requests(nil)))
		}
	})
	t.Run("ErrCaller", func(t *testing.T) {
		g := newGuarded(t, `"Action":"dynamodb:*","Resource":"*"`)
		wantDenied(t, update(g, "g"), "AccessDeniedException", "the access key ID g is no function's")
		if len(g.denied) != 1 {
			t.Errorf("denied: %v", g.denied)
		}
	})
	t.Run("ErrConnection", func(t *testing.T) {
		g := newGuarded(t, `"Action":"dynamodb:UpdateItem","Resource":"`+arn+`"`)
		table.Proxy.Inject(faultproxy.Fault{Times: 1, Do: faultproxy.Cut})
		defer table.Proxy.Reset()
		if err := update(g, "f"); err != nil || len(table.Proxy.Requests(nil)) != 2 {
			t.Errorf("the SDK gives up with %v after %d requests", err, len(table.Proxy.Requests(nil)))
		}
	})
}

// TestCallerLeaves: nothing is reported if a caller ends in the middle of its request, as a killed sandbox does.
func TestCallerLeaves(t *testing.T) {
	g := newGuarded(t)
	handler := g.Proxy(authorizer.DynamoDB, "http://127.0.0.1:9", aws.Credentials{})
	body := iotest.ErrReader(io.ErrUnexpectedEOF)
	defer func() {
		if aborted := recover(); aborted != http.ErrAbortHandler || len(g.denied) > 0 {
			t.Errorf("got %v, and %v is reported", aborted, g.denied)
		}
	}()
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", body))
}

func TestProxyOfS3(t *testing.T) {
	buckets := localtest.Buckets(t, "in", "out")
	buckets.Put(t, "in", "there", "image")
	const read = `"Action":"s3:GetObject","Resource":"arn:aws:s3:::in/*"`
	const list = `"Action":"s3:ListBucket","Resource":"arn:aws:s3:::in"`
	client := func(t *testing.T, statements ...string) *s3.Client {
		g := newGuarded(t, statements...)
		return s3.NewFromConfig(g.config(t, authorizer.S3, buckets.Proxy.URL, "f"))
	}
	get := func(c *s3.Client, key string) error {
		_, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("in"), Key: aws.String(key)})
		return err
	}
	listing := `User: ` + session + ` is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::in" ` +
		`because no identity-based policy allows the s3:ListBucket action`
	t.Run("OK", func(t *testing.T) {
		if err := get(client(t, read), "there"); err != nil {
			t.Error(err)
		}
	})
	t.Run("ErrAccessDenied", func(t *testing.T) {
		wantDenied(t, get(client(t, list), "there"), "AccessDenied", `User: `+session+
			` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::in/there" `+
			`because no identity-based policy allows the s3:GetObject action`)
	})
	t.Run("ErrMissing", func(t *testing.T) {
		var missing *s3types.NoSuchKey
		if err := get(client(t, read, list), "gone"); !errors.As(err, &missing) {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("ErrAccessDeniedHidesMissing", func(t *testing.T) {
		wantDenied(t, get(client(t, read), "gone"), "AccessDenied", listing)
	})
	t.Run("ErrAccessDeniedHidesMissingHead", func(t *testing.T) {
		_, err := client(t, read).HeadObject(t.Context(), &s3.HeadObjectInput{
			Bucket: aws.String("in"), Key: aws.String("gone")})
		var response *awshttp.ResponseError
		if !errors.As(err, &response) || response.HTTPStatusCode() != http.StatusForbidden {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("ErrAccessDeniedHidesMissingCopySource", func(t *testing.T) {
		_, err := client(t, `"Action":"s3:*","Resource":["arn:aws:s3:::in/*","arn:aws:s3:::out/*"]`).
			CopyObject(t.Context(), &s3.CopyObjectInput{
				Bucket: aws.String("out"), Key: aws.String("k"), CopySource: aws.String("in/gone")})
		wantDenied(t, err, "AccessDenied", listing)
	})
}

func TestProxyOfLambda(t *testing.T) {
	functions := localtest.Functions(t)
	g := newGuarded(t, `"Action":"lambda:InvokeFunction","Resource":"*"`)
	client := lambda.NewFromConfig(g.config(t, authorizer.Lambda, functions.Proxy.URL, "f"))
	_, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("missing")})
	wantDenied(t, err, "ResourceNotFoundException", "Function not found: missing")
	g = newGuarded(t)
	client = lambda.NewFromConfig(g.config(t, authorizer.Lambda, functions.Proxy.URL, "f"))
	_, err = client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("missing")})
	wantDenied(t, err, "AccessDeniedException", "User: "+session+" is not authorized to perform: lambda:InvokeFunction"+
		" on resource: arn:aws:lambda:us-east-1:"+account+":function:missing because no identity-based policy allows"+
		" the lambda:InvokeFunction action")
}

// TestProxyOfSQS: a queue's policy can allow or deny a request, too.
func TestProxyOfSQS(t *testing.T) {
	queues := localtest.Queues(t)
	url := queues.Create(t, "letters")
	arn := "arn:aws:sqs:" + localtest.Region + ":" + account + ":" + url[strings.LastIndex(url, "/")+1:]
	for _, test := range []struct{ name, effect, denied string }{
		{"OK", "Allow", ""},
		{"ErrExplicitDeny", "Deny", "with an explicit deny in a resource-based policy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := newGuarded(t)
			policy, err := iam.Parse("queue", iam.Resource, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"`+
				test.effect+`","Principal":{"AWS":"`+role+`"},"Action":"sqs:SendMessage","Resource":"*"}}`))
			if err != nil {
				t.Fatal(err)
			}
			g.Attach(arn, policy)
			client := sqs.NewFromConfig(g.config(t, authorizer.SQS, queues.Proxy.URL, "f"))
			_, err = client.SendMessage(t.Context(), &sqs.SendMessageInput{
				QueueUrl: aws.String(url), MessageBody: aws.String("letter")})
			if test.denied == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantDenied(t, err, "AccessDeniedException", "User: "+session+
				" is not authorized to perform: sqs:SendMessage on resource: "+arn+" "+test.denied)
		})
	}
}
