package loopback

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
)

// JSONError answers with an error in AWS's JSON protocols, which DynamoDB, Lambda, SQS and others use.
func JSONError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": message}) // the client may be gone
}

type xmlError struct{ Code, Message string }

// S3Error answers with an error in S3's format.
func S3Error(w http.ResponseWriter, status int, code, message string) {
	writeXML(w, status, "Error", xmlError{code, message})
}

// QueryError answers with an error in AWS's query protocol, which SNS and others use.
func QueryError(w http.ResponseWriter, status int, code, message string) {
	writeXML(w, status, "ErrorResponse", struct{ Error xmlError }{xmlError{code, message}})
}

func writeXML(w http.ResponseWriter, status int, root string, content any) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	// The client may be gone.
	_ = xml.NewEncoder(w).EncodeElement(content, xml.StartElement{Name: xml.Name{Local: root}})
}
