package authorizer

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var testPlace = Place{Partition: "aws", Account: "000000000000", Region: "us-east-1"}

// The KMS keys of the buckets named encrypted-….
const (
	sourceKey = "arn:aws:kms:us-east-1:000000000000:key/source"
	targetKey = "arn:aws:kms:us-east-1:000000000000:key/target"
)

func newTestAuthorizer() *Authorizer {
	a := New(testPlace, func(error) {})
	a.Encrypt("encrypted-in", sourceKey)
	a.Encrypt("encrypted-out", targetKey)
	return a
}

// sent is a request as a client sends it; headers are "Name: value".
func sent(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	return r
}

// TestS3Operations: the rights that each request needs, and those that it needs to
// learn that an object is missing.
func TestS3Operations(t *testing.T) {
	for name, test := range map[string]struct {
		request *http.Request
		needs   []string
		missing string
	}{
		"OKCopyObject": {sent("PUT", "/out/a%20b/%E7%94%BB?x-id=CopyObject", "", "X-Amz-Copy-Source: in/c%2520d",
			"If-None-Match: *"),
			[]string{"s3:PutObject out/a b/画", "s3:PutObjectTagging out/a b/画", "s3:GetObject in/c%20d",
				"s3:GetObjectTagging in/c%20d"}, "s3:ListBucket in"},
		"OKCopyObjectEncrypted": {sent("PUT", "/encrypted-out/k", "", "X-Amz-Copy-Source: /encrypted-in/k"),
			[]string{"s3:PutObject encrypted-out/k", "s3:PutObjectTagging encrypted-out/k",
				"kms:GenerateDataKey " + targetKey, "s3:GetObject encrypted-in/k", "s3:GetObjectTagging encrypted-in/k",
				"kms:Decrypt " + sourceKey}, "s3:ListBucket encrypted-in"},
		"OKUploadPartCopy": {sent("PUT", "/encrypted-out/k?partNumber=1&uploadId=u", "", "X-Amz-Copy-Source: encrypted-in/k"),
			[]string{"s3:PutObject encrypted-out/k", "kms:Decrypt " + targetKey, "s3:GetObject encrypted-in/k",
				"kms:Decrypt " + sourceKey}, "s3:ListBucket encrypted-in"},
		"OKCreateMultipartUpload": {sent("POST", "/encrypted-out/k?uploads=", ""),
			[]string{"s3:PutObject encrypted-out/k", "kms:GenerateDataKey " + targetKey}, ""},
		"OKCreateMultipartUploadWithTags": {sent("POST", "/out/k?uploads", "", "X-Amz-Tagging: a=b"),
			[]string{"s3:PutObject out/k", "s3:PutObjectTagging out/k"}, ""},
		"OKCompleteMultipartUpload": {sent("POST", "/encrypted-out/k?uploadId=u", ""),
			[]string{"s3:PutObject encrypted-out/k"}, ""},
		"OKAbortMultipartUpload": {sent("DELETE", "/out/k?uploadId=u&x-id=AbortMultipartUpload", ""),
			[]string{"s3:AbortMultipartUpload out/k"}, ""},
		"OKGetObject": {sent("GET", "/encrypted-in/k?x-id=GetObject", ""),
			[]string{"s3:GetObject encrypted-in/k", "kms:Decrypt " + sourceKey}, "s3:ListBucket encrypted-in"},
		"OKHeadObject": {sent("HEAD", "/encrypted-in//k", ""),
			[]string{"s3:GetObject encrypted-in//k"}, "s3:ListBucket encrypted-in"},
		"OKHeadObjectWithItsChecksum": {sent("HEAD", "/encrypted-in/k", "", "X-Amz-Checksum-Mode: ENABLED"),
			[]string{"s3:GetObject encrypted-in/k", "kms:Decrypt " + sourceKey}, "s3:ListBucket encrypted-in"},
		"OKGetObjectTagging": {sent("GET", "/in/k?tagging", ""), []string{"s3:GetObjectTagging in/k"}, "s3:ListBucket in"},
		"OKListObjectsV2": {sent("GET", "/in?list-type=2&prefix=a&start-after=a%2Fb&max-keys=7&encoding-type=url", ""),
			[]string{"s3:ListBucket in"}, ""},
		"OKHeadBucket": {sent("HEAD", "/in", ""), []string{"s3:ListBucket in"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			op, err := newTestAuthorizer().read(S3, test.request, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(texts(op.needs)); got != fmt.Sprint(test.needs) {
				t.Errorf("it needs %v, want %v", got, test.needs)
			}
			if got := strings.Join(texts(op.ifMissing), " "); got != test.missing {
				t.Errorf("what is missing needs %s, want %s", got, test.missing)
			}
		})
	}
}

// texts are needs, S3's ARNs without what all of them have.
func texts(needs []need) []string {
	var all []string
	for _, n := range needs {
		all = append(all, n.action+" "+strings.TrimPrefix(n.resource, "arn:aws:s3:::"))
	}
	return all
}

func TestOtherOperations(t *testing.T) {
	const arn = "us-east-1:000000000000:"
	dynamoDB := func(operation string) *http.Request {
		return sent("POST", "/", `{"TableName":"tasks"}`, "X-Amz-Target: DynamoDB_20120810."+operation)
	}
	sqs := func(operation string) *http.Request {
		return sent("POST", "/", `{"QueueUrl":"http://127.0.0.1:1/000000000000/letters"}`,
			"X-Amz-Target: AmazonSQS."+operation)
	}
	for name, test := range map[string]struct {
		service Service
		request *http.Request
		want    string
	}{
		"OKUpdateItem": {DynamoDB, dynamoDB("UpdateItem"),
			"dynamodb:UpdateItem arn:aws:dynamodb:" + arn + "table/tasks"},
		"OKGetItem": {DynamoDB, dynamoDB("GetItem"), "dynamodb:GetItem arn:aws:dynamodb:" + arn + "table/tasks"},
		"OKBatchGetItem": {DynamoDB, sent("POST", "/", `{"RequestItems":{"tasks":{"Keys":[]},"other":{}}}`,
			"X-Amz-Target: DynamoDB_20120810.BatchGetItem"), "dynamodb:BatchGetItem arn:aws:dynamodb:" + arn +
			"table/other dynamodb:BatchGetItem arn:aws:dynamodb:" + arn + "table/tasks"},
		"OKReceiveMessage":     {SQS, sqs("ReceiveMessage"), "sqs:ReceiveMessage arn:aws:sqs:" + arn + "letters"},
		"OKDeleteMessageBatch": {SQS, sqs("DeleteMessageBatch"), "sqs:DeleteMessage arn:aws:sqs:" + arn + "letters"},
		"OKChangeMessageVisibilityBatch": {SQS, sqs("ChangeMessageVisibilityBatch"),
			"sqs:ChangeMessageVisibility arn:aws:sqs:" + arn + "letters"},
		"OKInvoke": {Lambda, sent("POST", "/2015-03-31/functions/deliver/invocations", "{}"),
			"lambda:InvokeFunction arn:aws:lambda:" + arn + "function:deliver"},
		"OKInvokeByARN": {Lambda, sent("POST", "/2015-03-31/functions/"+
			"arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Af/invocations", "{}"),
			"lambda:InvokeFunction arn:aws:lambda:eu-west-1:1:function:f"},
	} {
		t.Run(name, func(t *testing.T) {
			body := make([]byte, test.request.ContentLength)
			_, _ = test.request.Body.Read(body)
			op, err := newTestAuthorizer().read(test.service, test.request, body)
			if got := strings.Join(texts(op.needs), " "); err != nil || got != test.want {
				t.Errorf("it needs %s, %v; want %s", got, err, test.want)
			}
		})
	}
}

// TestUnknownOperations: a request that may need other rights than the tables say is
// an error.
func TestUnknownOperations(t *testing.T) {
	const source = "X-Amz-Copy-Source: in/k"
	for name, test := range map[string]struct {
		service Service
		request *http.Request
	}{
		"ErrPutObject":           {S3, sent("PUT", "/out/k", "x")},
		"ErrListObjects":         {S3, sent("GET", "/in?prefix=a", "")},
		"ErrGetObjectOfAVersion": {S3, sent("GET", "/in/k?versionId=v", "")},
		"ErrCopyOfAVersion":      {S3, sent("PUT", "/out/k", "", "X-Amz-Copy-Source: in/k?versionId=v")},
		"ErrCopyByAccessPoint":   {S3, sent("PUT", "/out/k", "", "X-Amz-Copy-Source: arn:aws:s3:a:1:accesspoint/a")},
		"ErrCopyWithNoEscape":    {S3, sent("PUT", "/out/k", "", "X-Amz-Copy-Source: in/100%")},
		"ErrCopyWithAnACL":       {S3, sent("PUT", "/out/k", "", source, "X-Amz-Acl: private")},
		"ErrCopyWithOtherTags":   {S3, sent("PUT", "/out/k", "", source, "X-Amz-Tagging-Directive: REPLACE")},
		"ErrCopyWithAKey":        {S3, sent("PUT", "/out/k", "", source, "X-Amz-Server-Side-Encryption: aws:kms")},
		"ErrScan":                {DynamoDB, sent("POST", "/", "{}", "X-Amz-Target: DynamoDB_20120810.Scan")},
		"ErrNoTarget":            {SQS, sent("POST", "/", "{}")},
		"ErrOfAnotherService":    {SNS, sent("POST", "/", "{}", "X-Amz-Target: AmazonSQS.SendMessage")},
		"ErrGetFunction":         {Lambda, sent("GET", "/2015-03-31/functions/f", "")},
		"ErrInvokeOfAVersion":    {Lambda, sent("POST", "/2015-03-31/functions/f/invocations?Qualifier=1", "{}")},
	} {
		t.Run(name, func(t *testing.T) {
			if op, err := newTestAuthorizer().read(test.service, test.request, []byte("{}")); err == nil {
				t.Errorf("it needs %v", op.needs)
			}
		})
	}
	send := sent("POST", "/", "", "X-Amz-Target: AmazonSQS.SendMessage")
	if _, err := newTestAuthorizer().read(SQS, send, []byte("[")); err == nil {
		t.Error("a body that is not JSON is read")
	}
}
