package stack

import (
	"encoding/json"
	"net/http"
	"strings"

	"sdtasktracker/infra/loopback"
)

// refuseService answers a request to a service that the local stack does not have, in JSON to a client that speaks it
// and else in XML.
func refuseService(w http.ResponseWriter, r *http.Request) {
	const code = "NotInLocalStack"
	const message = "the local stack has only DynamoDB, Lambda, S3, SNS and SQS"
	if strings.Contains(r.Header.Get("Content-Type"), "json") {
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": message}) // the client may be gone
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write(loopback.ErrorResponse(code, message))
}
