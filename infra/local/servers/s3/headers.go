package s3

import (
	"net/http"
	"strings"
)

// metadataPrefix is the canonical form of the header of an object's user metadata.
const metadataPrefix = "X-Amz-Meta-"

// asAWS writes response headers as Amazon S3 does: with one request ID, and with the
// names of user metadata in lower case ("Working with object metadata"), because
// clients return those names unchanged.
type asAWS struct{ next http.Handler }

func (h asAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.next.ServeHTTP(headerWriter{w}, r)
}

type headerWriter struct{ http.ResponseWriter }

func (w headerWriter) WriteHeader(status int) {
	header := w.Header()
	for name, values := range header {
		if strings.HasPrefix(name, metadataPrefix) {
			delete(header, name)
			header[strings.ToLower(name)] = values
		}
	}
	if id := header.Get("X-Amz-Request-Id"); id != "" {
		header.Set("X-Amz-Request-Id", id)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w headerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
