package authorizer

import (
	"net/http"
	"net/http/httptest"

	"sdtasktracker/infra/loopback"
)

// deny answers as a service that denies access ("Error responses" in the Amazon S3 API
// reference, "Common Error Types" of DynamoDB, SNS, SQS and Lambda).
func deny(w http.ResponseWriter, service Service, denied error) {
	switch service {
	case S3:
		loopback.S3Error(w, http.StatusForbidden, "AccessDenied", denied.Error())
	case SNS:
		loopback.QueryError(w, http.StatusForbidden, "AuthorizationError", denied.Error())
	case Lambda:
		loopback.JSONError(w, http.StatusForbidden, "AccessDeniedException", denied.Error())
	default:
		loopback.JSONError(w, http.StatusBadRequest, "AccessDeniedException", denied.Error())
	}
}

// replace turns a response of S3 into a denial.
func replace(response *http.Response, denied error) {
	recorder := httptest.NewRecorder()
	deny(recorder, S3, denied)
	*response = *recorder.Result()
}
