package authorizer

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"

	"sdtasktracker/infra/loopback"
)

// deny answers as a service does that denies access ("Error responses" in the Amazon S3 API
// reference, "Common Error Types" of DynamoDB, SNS, SQS and Lambda).
func deny(w http.ResponseWriter, service Service, denied error) {
	const code = "AccessDeniedException"
	status, contentType, body := http.StatusForbidden, "text/xml", []byte(nil)
	switch service {
	case S3:
		body, _ = xml.Marshal(struct {
			XMLName       xml.Name `xml:"Error"`
			Code, Message string
		}{Code: "AccessDenied", Message: denied.Error()})
	case SNS:
		body = loopback.ErrorResponse("AuthorizationError", denied.Error())
	case Lambda:
		contentType = "application/json"
		w.Header().Set("X-Amzn-Errortype", code)
		body, _ = json.Marshal(map[string]string{"Message": denied.Error()})
	default:
		status, contentType = http.StatusBadRequest, "application/x-amz-json-1.0"
		body, _ = json.Marshal(map[string]string{"__type": "com.amazon.coral.service#" + code, "message": denied.Error()})
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}

// replace makes a response of S3's a denial.
func replace(response *http.Response, denied error) {
	recorder := httptest.NewRecorder()
	deny(recorder, S3, denied)
	*response = *recorder.Result()
}
