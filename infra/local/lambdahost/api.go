package lambdahost

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/google/uuid"

	"sdtasktracker/infra/loopback"
)

// The maximum sizes of an invocation's payload and response in bytes ("Lambda quotas"). The limit of an asynchronous
// event is smaller.
const (
	maxBytes      = 6 << 20
	maxAsyncBytes = 1 << 20
)

// API serves Lambda's Invoke operation, so that the AWS CLI and SDKs can call
// the functions.
func (h *Host) API() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", h.serveInvoke)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		loopback.JSONError(w, http.StatusNotImplemented, "NotImplementedException",
			"the local stack serves only Lambda's Invoke operation, not "+r.Method+" "+r.URL.Path)
	})
	return mux
}

func (h *Host) serveInvoke(w http.ResponseWriter, r *http.Request) {
	f, err := h.find(r.PathValue("name"))
	if err != nil {
		loopback.JSONError(w, http.StatusNotFound, "ResourceNotFoundException", err.Error())
		return
	}
	kind, limit := r.Header.Get("X-Amz-Invocation-Type"), int64(maxBytes)
	if kind == "Event" {
		limit = maxAsyncBytes
	}
	event, ok := readEvent(w, r, limit)
	if !ok {
		return
	}
	requestID := uuid.NewString()
	w.Header().Set("X-Amzn-Requestid", requestID)
	w.Header().Set("X-Amz-Executed-Version", "$LATEST")
	switch kind {
	case "Event":
		_ = h.InvokeAsync(f.function.Name, requestID, event) // the function exists
		w.WriteHeader(http.StatusAccepted)
	case "", "RequestResponse":
		answer, err := h.Invoke(r.Context(), f.function.Name, requestID, event)
		serveAnswer(w, answer, err)
	default:
		loopback.JSONError(w, http.StatusBadRequest, "InvalidParameterValueException", "unknown invocation type "+kind)
	}
}

// readEvent reads an invocation's payload, or responds with an error if the payload
// is invalid.
func readEvent(w http.ResponseWriter, r *http.Request, limit int64) (event []byte, ok bool) {
	event, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		loopback.JSONError(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException",
			fmt.Sprintf("the payload must be at most %d bytes", limit))
		return nil, false
	}
	if len(event) == 0 {
		event = []byte("{}")
	}
	if !json.Valid(event) {
		loopback.JSONError(w, http.StatusBadRequest, "InvalidRequestContentException",
			"Could not parse request body into json")
		return nil, false
	}
	return event, true
}

// serveAnswer responds with the function's response or error.
func serveAnswer(w http.ResponseWriter, answer []byte, err error) {
	var failed *FunctionError
	switch {
	case errors.As(err, &failed):
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		answer = failed.Payload
	case err != nil:
		loopback.JSONError(w, http.StatusInternalServerError, "ServiceException", err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer)
}
