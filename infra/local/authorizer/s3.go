package authorizer

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// s3Operation is an operation of S3: how to recognize its requests, and the actions
// that it needs on the request's object or bucket, on the object that it copies, and
// on their KMS keys.
type s3Operation struct {
	name, method string
	onBucket     bool
	header       string // a header that its requests have; "" for none
	query        string // the query parameters that distinguish it, sorted

	target, source       []string
	targetKey, sourceKey []string
	// reads says that the request fails if its target does not exist.
	reads bool
}

// sourceHeader is the header that names the object that a copy reads.
const sourceHeader = "X-Amz-Copy-Source"

// s3Operations are from "Required permissions for Amazon S3 API operations" and
// "Multipart upload API and permissions" in the Amazon S3 User Guide, the pages
// of CopyObject, CreateMultipartUpload and HeadObject in the API reference, and
// "Actions, resources, and condition keys for Amazon S3" in the Service
// Authorization Reference. A copy copies the source's tags, which is the default. S3
// decrypts an object's checksum for HeadObject. The first match counts.
var s3Operations = []s3Operation{
	{name: "CopyObject", method: http.MethodPut, header: sourceHeader,
		source: []string{"s3:GetObject", "s3:GetObjectTagging"}, sourceKey: []string{"kms:Decrypt"},
		target: []string{"s3:PutObject", "s3:PutObjectTagging"}, targetKey: []string{"kms:GenerateDataKey"}},
	{name: "UploadPartCopy", method: http.MethodPut, header: sourceHeader, query: "partNumber uploadId",
		source: []string{"s3:GetObject"}, sourceKey: []string{"kms:Decrypt"},
		target: []string{"s3:PutObject"}, targetKey: []string{"kms:Decrypt"}},
	{name: "CreateMultipartUpload", method: http.MethodPost, header: "X-Amz-Tagging", query: "uploads",
		target: []string{"s3:PutObject", "s3:PutObjectTagging"}, targetKey: []string{"kms:GenerateDataKey"}},
	{name: "CreateMultipartUpload", method: http.MethodPost, query: "uploads",
		target: []string{"s3:PutObject"}, targetKey: []string{"kms:GenerateDataKey"}},
	{name: "CompleteMultipartUpload", method: http.MethodPost, query: "uploadId", target: []string{"s3:PutObject"}},
	{name: "AbortMultipartUpload", method: http.MethodDelete, query: "uploadId",
		target: []string{"s3:AbortMultipartUpload"}},
	{name: "GetObject", method: http.MethodGet, reads: true,
		target: []string{"s3:GetObject"}, targetKey: []string{"kms:Decrypt"}},
	{name: "HeadObject", method: http.MethodHead, header: "X-Amz-Checksum-Mode", reads: true,
		target: []string{"s3:GetObject"}, targetKey: []string{"kms:Decrypt"}},
	{name: "HeadObject", method: http.MethodHead, reads: true, target: []string{"s3:GetObject"}},
	{name: "GetObjectTagging", method: http.MethodGet, query: "tagging", reads: true,
		target: []string{"s3:GetObjectTagging"}},
	{name: "ListObjectsV2", method: http.MethodGet, onBucket: true, query: "list-type", target: []string{"s3:ListBucket"}},
	{name: "HeadBucket", method: http.MethodHead, onBucket: true, target: []string{"s3:ListBucket"}},
}

// readS3 reads a path-style request.
func (a *Authorizer) readS3(r *http.Request) (operation, error) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	known, ok := findS3(r, key)
	if !ok || changesRights(r.Header) {
		return operation{}, unknown(r, "S3's operation")
	}
	op := operation{needs: a.needs(bucket, key, known.target, known.targetKey)}
	if known.header == sourceHeader {
		var err error
		if bucket, key, err = copySource(r); err != nil {
			return operation{}, err
		}
		op.needs = append(op.needs, a.needs(bucket, key, known.source, known.sourceKey)...)
	}
	if known.reads || known.header == sourceHeader {
		// Without this right, S3 answers AccessDenied for a missing object (Permissions of GetObject, HeadObject and
		// CopyObject in the API reference).
		op.ifMissing = a.needs(bucket, "", []string{"s3:ListBucket"}, nil)
	}
	return op, nil
}

// copySource returns the object that a copy reads.
func copySource(r *http.Request) (bucket, key string, err error) {
	value := strings.TrimPrefix(r.Header.Get(sourceHeader), "/")
	if strings.Contains(value, "?") || strings.HasPrefix(value, "arn:") {
		return "", "", unknown(r, "the copy source "+value)
	}
	path, err := url.PathUnescape(value)
	if err != nil {
		return "", "", fmt.Errorf("read the copy source: %w", err)
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key, nil
}

// needs returns the needed actions on an object, or on a bucket if the key is "", and on the bucket's KMS key, if any.
func (a *Authorizer) needs(bucket, key string, actions, keyActions []string) []need {
	arn := "arn:" + a.place.Partition + ":s3:::" + bucket
	if key != "" {
		arn += "/" + key
	}
	var all []need
	for _, action := range actions {
		all = append(all, need{action, arn})
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if kms := a.keys[bucket]; kms != "" {
		for _, action := range keyActions {
			all = append(all, need{action, kms})
		}
	}
	return all
}

// listOptions are parameters of list operations that don't distinguish operations.
var listOptions = []string{"continuation-token", "delimiter", "encoding-type", "max-keys", "prefix", "start-after"}

func findS3(r *http.Request, key string) (s3Operation, bool) {
	query := r.URL.Query()
	query.Del("x-id") // the SDK adds it; S3 ignores it
	for _, option := range listOptions {
		query.Del(option)
	}
	parameters := strings.Join(slices.Sorted(maps.Keys(query)), " ")
	i := slices.IndexFunc(s3Operations, func(o s3Operation) bool {
		return o.method == r.Method && o.onBucket == (key == "") && o.query == parameters &&
			(o.header == "" || r.Header.Get(o.header) != "")
	})
	if i < 0 {
		return s3Operation{}, false
	}
	return s3Operations[i], true
}

// changesRights reports whether a header changes which rights a request needs, so
// that the table is wrong.
func changesRights(header http.Header) bool {
	for name := range header {
		for _, prefix := range []string{"X-Amz-Acl", "X-Amz-Grant-", "X-Amz-Object-Lock-", "X-Amz-Tagging-Directive",
			"X-Amz-Server-Side-Encryption", "X-Amz-Bypass-"} {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
	}
	return false
}
