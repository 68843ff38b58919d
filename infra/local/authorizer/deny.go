package authorizer

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strconv"

	"sdtasktracker/infra/loopback"
)

// answer is a refusal, in the form of a service's protocol.
type answer struct {
	status      int
	contentType string
	errorType   string // the header X-Amzn-Errortype, "" for none
	body        []byte
}

// denial is what a service answers ("Error responses" in the Amazon S3 API
// reference, "Common Error Types" of DynamoDB, SNS, SQS and Lambda).
func denial(service Service, err error) answer {
	const code = "AccessDeniedException"
	switch service {
	case S3:
		body, _ := xml.Marshal(struct {
			XMLName       xml.Name `xml:"Error"`
			Code, Message string
		}{Code: "AccessDenied", Message: err.Error()})
		return answer{http.StatusForbidden, "application/xml", "", append([]byte(xml.Header), body...)}
	case SNS:
		return answer{http.StatusForbidden, "text/xml", "", loopback.ErrorResponse("AuthorizationError", err.Error())}
	case Lambda:
		body, _ := json.Marshal(map[string]string{"Message": err.Error()})
		return answer{http.StatusForbidden, "application/json", code, body}
	}
	body, _ := json.Marshal(map[string]string{"__type": "com.amazon.coral.service#" + code, "message": err.Error()})
	return answer{http.StatusBadRequest, "application/x-amz-json-1.0", "", body}
}

func deny(w http.ResponseWriter, service Service, err error) {
	a := denial(service, err)
	w.Header().Set("Content-Type", a.contentType)
	if a.errorType != "" {
		w.Header().Set("X-Amzn-Errortype", a.errorType)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may be gone
}

// replace makes a response of S3's a denial.
func replace(response *http.Response, err error) {
	a := denial(S3, err)
	response.StatusCode, response.Status = a.status, ""
	response.Header = http.Header{"Content-Type": {a.contentType}, "Content-Length": {strconv.Itoa(len(a.body))}}
	response.ContentLength = int64(len(a.body))
	response.Body = io.NopCloser(bytes.NewReader(a.body))
}
