package authorizer

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzRead: reading any request ends, and a request with a known operation needs
// rights.
func FuzzRead(f *testing.F) {
	f.Add("PUT", "/out/a%20b?x-id=CopyObject", "in/c%2520d", "", "")
	f.Add("PUT", "/out/k?partNumber=1&uploadId=u", "/in/100%", "", "")
	f.Add("HEAD", "/in//k", "", "", "")
	f.Add("POST", "/", "", "AmazonSQS.SendMessage", `{"QueueUrl":"http://127.0.0.1/000000000000/q"}`)
	f.Add("POST", "/", "", "DynamoDB_20120810.UpdateItem", `{"TableName":"tasks"}`)
	f.Add("POST", "/2015-03-31/functions/f/invocations", "", "", "{}")
	f.Fuzz(func(t *testing.T, method, target, source, operation, body string) {
		parsed, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		r := &http.Request{Method: method, URL: parsed, Header: http.Header{}}
		if source != "" {
			r.Header.Set("X-Amz-Copy-Source", source)
		}
		r.Header.Set("X-Amz-Target", operation)
		for _, service := range []Service{DynamoDB, Lambda, S3, SNS, SQS} {
			op, err := newTestAuthorizer().read(service, r, []byte(body))
			if (err == nil) != (len(op.needs) > 0) {
				t.Errorf("%s's request is %+v, %v", service, op, err)
			}
			for _, n := range op.needs {
				if !strings.HasPrefix(n.resource, "arn:aws:") && service != Lambda {
					t.Errorf("%s's %s is on %s", service, n.action, n.resource)
				}
			}
		}
	})
}
