package stack

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sdtasktracker/infra/local/authorizer"
)

// call is a request of a function.
type call struct {
	function             string // its ID
	service              authorizer.Service
	method, target, body string
	header               http.Header
}

// calls returns all requests of the functions.
func (g *golden) calls() []call {
	table := `{"TableName":"` + g.variable("record", "TASK_TABLE") + `"}`
	all := append(g.deliveries(), g.json("record", authorizer.DynamoDB, "UpdateItem", table),
		g.json("deliver", authorizer.DynamoDB, "UpdateItem", table),
		g.json("deliver", authorizer.DynamoDB, "GetItem", table))
	if output := g.variable("record", "OUTPUT_BUCKET"); output != "" {
		all = append(all, call{function: g.function("record"), service: authorizer.S3, method: http.MethodGet,
			target: "/" + output + "/a/a-1.out"})
	}
	for _, name := range []string{"record", "deliver"} {
		if topic := g.variable(name, "TASK_EVENTS_TOPIC"); topic != "" {
			all = append(all, call{function: g.function(name), service: authorizer.SNS, method: http.MethodPost, target: "/",
				body: url.Values{"Action": {"Publish"}, "TopicArn": {topic}}.Encode()})
		}
	}
	all = append(all, g.reconciliations()...)
	for _, queue := range g.named("redrive", "QUEUES") {
		for _, operation := range []string{"GetQueueAttributes", "ReceiveMessage", "ChangeMessageVisibilityBatch",
			"DeleteMessageBatch"} {
			all = append(all, g.json("redrive", authorizer.SQS, operation, `{"QueueUrl":"`+queue+`"}`))
		}
	}
	return append(all, g.invocations("redrive")...)
}

// named returns the values of a variable of the form NAME=VALUE,NAME=VALUE.
func (g *golden) named(function, variable string) (values []string) {
	for _, entry := range strings.Split(g.variable(function, variable), ",") {
		_, value, _ := strings.Cut(entry, "=")
		values = append(values, value)
	}
	return values
}

// invocations returns a function's invocations of other functions.
func (g *golden) invocations(function string) (all []call) {
	for _, name := range g.named(function, "FUNCTIONS") {
		all = append(all, call{function: g.function(function), service: authorizer.Lambda, method: http.MethodPost,
			target: "/2015-03-31/functions/" + name + "/invocations", body: "{}"})
	}
	return all
}

// reconciliations returns the reconcile function's requests.
func (g *golden) reconciliations() []call {
	f := g.function("reconcile")
	output, delivery := "/"+g.variable("reconcile", "OUTPUT_BUCKET"), "/"+g.variable("reconcile", "DELIVERY_BUCKET")
	all := []call{g.json("reconcile", authorizer.DynamoDB, "BatchGetItem",
		`{"RequestItems":{"`+g.variable("reconcile", "TASK_TABLE")+`":{}}}`)}
	if g.variable("reconcile", "INPUT_TOPIC") != "" {
		all = append(all, g.json("reconcile", authorizer.DynamoDB, "Query",
			`{"TableName":"`+g.variable("reconcile", "TASK_TABLE")+`","IndexName":"status-index"}`))
	}
	for _, target := range []string{output + "?list-type=2", delivery + "?list-type=2", output + "/a/a-1.out"} {
		all = append(all, call{function: f, service: authorizer.S3, method: http.MethodGet, target: target})
	}
	return append(all, g.invocations("reconcile")...)
}

// deliveries returns the deliver function's requests to S3.
func (g *golden) deliveries() []call {
	output, delivery := "/"+g.variable("deliver", "OUTPUT_BUCKET"), "/"+g.variable("deliver", "DELIVERY_BUCKET")
	prefix := strings.NewReplacer("{", "", "}", "").Replace(g.variable("deliver", "DELIVERY_PREFIX"))
	target, missing := delivery+"/"+prefix+"k", delivery+"/"+prefix+"missing"
	from := http.Header{"X-Amz-Copy-Source": {output + "/k"}}
	checksum := http.Header{"X-Amz-Checksum-Mode": {"ENABLED"}}
	all := []call{
		{method: http.MethodPut, target: target, header: from},
		{method: http.MethodHead, target: target, header: checksum},
		{method: http.MethodHead, target: output + "/k", header: checksum},
		{method: http.MethodHead, target: output + "/missing"},
		{method: http.MethodHead, target: missing},
		{method: http.MethodHead, target: output},
		{method: http.MethodGet, target: output + "/k?tagging"},
		{method: http.MethodGet, target: output + "/k"},
		{method: http.MethodPost, target: target + "?uploads", header: http.Header{"X-Amz-Tagging": {"a=b"}}},
		{method: http.MethodPut, target: target + "?partNumber=1&uploadId=u", header: from},
		{method: http.MethodPost, target: target + "?uploadId=u"},
		{method: http.MethodDelete, target: target + "?uploadId=u"},
	}
	for i := range all {
		all[i].function, all[i].service = g.function("deliver"), authorizer.S3
	}
	return all
}

// json returns a request to DynamoDB or SQS.
func (g *golden) json(function string, service authorizer.Service, operation, body string) call {
	return call{
		function: g.function(function), service: service, method: http.MethodPost, target: "/", body: body,
		header: http.Header{"X-Amz-Target": {"Service." + operation}}}
}

// send sends calls through the authorizer's proxies to a server on which everything
// exists, except for names with "missing".
func (g *golden) send(calls []call) error {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/missing") {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	credentials := aws.Credentials{AccessKeyID: "local", SecretAccessKey: "secret"}
	var errs []error
	for _, c := range calls {
		proxy := g.Authorizer.Proxy(c.service, server.URL, credentials)
		r := httptest.NewRequest(c.method, c.target, strings.NewReader(c.body))
		for name, values := range c.header {
			r.Header[name] = values
		}
		scope := "/20260101/us-east-1/service/aws4_request, "
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+c.function+scope)
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, r)
		want := http.StatusOK
		if strings.HasSuffix(c.target, "/missing") {
			want = http.StatusNotFound
		}
		if answer.Code != want {
			err := fmt.Errorf("%s %s is answered with %d: %s", c.method, c.target, answer.Code, answer.Body)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
