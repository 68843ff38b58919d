package page

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/gabriel-vasile/mimetype"

	"sdtasktracker/shared/awserror"
	"sdtasktracker/shared/delivery"
)

// serveObject serves a delivered object, or the range of it that a player requests.
func (s *source) serveObject(w http.ResponseWriter, r *http.Request) {
	uri := r.URL.Query().Get("uri")
	bucket, key, ok := delivery.SplitURI(uri)
	if !ok || bucket != s.stack.DeliveryBucket {
		http.Error(w, "the object is not in the delivery bucket", http.StatusNotFound)
		return
	}
	input := &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)}
	if asked := r.Header.Get("Range"); asked != "" {
		input.Range = aws.String(asked)
	}
	out, err := s.stack.DeliveryClient().GetObject(r.Context(), input)
	if err != nil {
		status := cmp.Or(awserror.Status(err), http.StatusBadGateway)
		http.Error(w, s.explain(fmt.Errorf("read %q: %w", uri, err)).Error(), status)
		return
	}
	defer out.Body.Close()
	body := bufio.NewReaderSize(out.Body, sniffed)
	beginning, _ := body.Peek(sniffed) // a shorter object is returned whole
	describe(w, out, key, mediaType(beginning, key, aws.ToString(out.ContentType)), r.URL.Query().Has("download"))
	_, _ = io.Copy(w, body) // after an error, the browser has gone, or sees that the object is cut off
}

// describe writes the header of an object. The policy keeps scripts in the object from running.
func describe(w http.ResponseWriter, out *s3.GetObjectOutput, key, mediaType string, download bool) {
	header := w.Header()
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("Cache-Control", "private, max-age=3600, immutable") // deliver overwrites nothing
	header.Set("Content-Type", mediaType)
	header.Set("Accept-Ranges", "bytes")
	if download || mediaType == unknownType {
		header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": path.Base(key)}))
	}
	if out.ContentLength != nil {
		header.Set("Content-Length", strconv.FormatInt(*out.ContentLength, 10))
	}
	if out.ContentRange != nil {
		header.Set("Content-Range", *out.ContentRange)
		w.WriteHeader(http.StatusPartialContent)
	}
}

// sniffed is how many bytes at the beginning of a file are enough to detect its type.
const sniffed = 3072

// unknownType is the media type of objects that browsers don't show.
const unknownType = "application/octet-stream"

// mediaType returns the media type of an image, sound or video that browsers show; unknownType for all other objects,
// including SVG, which may have scripts. The content's type comes before the declared type and the name's. A range that
// doesn't start at the beginning has only these two.
func mediaType(beginning []byte, key, declared string) string {
	byName := mime.TypeByExtension(path.Ext(key))
	for _, kind := range []string{mimetype.Detect(beginning).String(), declared, byName} {
		family, _, _ := strings.Cut(kind, "/")
		switch {
		case strings.Contains(kind, "svg") || strings.Contains(kind, "html"):
			return unknownType
		case family == "image" || family == "audio" || family == "video":
			return kind
		}
	}
	return unknownType
}
