package authorizer

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// s3Operation is one of S3's operations: how its requests look, and which
// actions it needs on the object or bucket of the request, on the object that
// it copies, and on the KMS keys of either.
type s3Operation struct {
	name, method string
	onBucket     bool
	copies       bool
	query        string // the parameters that tell it from others, sorted

	target, source       []string
	targetKey, sourceKey []string
	// reads says that the request fails if its target does not exist.
	reads bool
}

// s3Operations are from "Required permissions for Amazon S3 API operations" and
// "Multipart upload API and permissions" in the Amazon S3 User Guide, the pages
// of CopyObject, CreateMultipartUpload and HeadObject in the API reference, and
// "Actions, resources, and condition keys for Amazon S3" in the Service
// Authorization Reference. A copy carries the source's tags over, as is the
// default.
var s3Operations = []s3Operation{
	{name: "CopyObject", method: http.MethodPut, copies: true,
		source: []string{"s3:GetObject", "s3:GetObjectTagging"}, sourceKey: []string{"kms:Decrypt"},
		target: []string{"s3:PutObject", "s3:PutObjectTagging"}, targetKey: []string{"kms:GenerateDataKey"}},
	{name: "UploadPartCopy", method: http.MethodPut, copies: true, query: "partNumber uploadId",
		source: []string{"s3:GetObject"}, sourceKey: []string{"kms:Decrypt"},
		target: []string{"s3:PutObject"}, targetKey: []string{"kms:Decrypt"}},
	{name: "CreateMultipartUpload", method: http.MethodPost, query: "uploads",
		target: []string{"s3:PutObject"}, targetKey: []string{"kms:GenerateDataKey"}},
	{name: "CompleteMultipartUpload", method: http.MethodPost, query: "uploadId", target: []string{"s3:PutObject"}},
	{name: "AbortMultipartUpload", method: http.MethodDelete, query: "uploadId",
		target: []string{"s3:AbortMultipartUpload"}},
	{name: "GetObject", method: http.MethodGet, reads: true,
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
	op := operation{name: known.name}
	object := target{bucket, key}
	a.needS3(&op, object, known.target, known.keyActions(r.Header))
	if r.Header.Get("X-Amz-Tagging") != "" && known.name == "CreateMultipartUpload" {
		a.needS3(&op, object, []string{"s3:PutObjectTagging"}, nil)
	}
	if known.reads {
		op.ifMissing = a.list(bucket)
	}
	if known.copies {
		source, err := copySource(r)
		if err != nil {
			return operation{}, err
		}
		a.needS3(&op, source, known.source, known.sourceKey)
		op.ifMissing = a.list(source.bucket)
	}
	return op, nil
}

// list is what S3 wants for telling that an object is missing, instead of
// AccessDenied (Permissions of GetObject, HeadObject and CopyObject in the API
// reference).
func (a *Authorizer) list(bucket string) []need {
	return []need{{"s3:ListBucket", target{bucket: bucket}.arn(a.place.Partition)}}
}

// needS3 adds actions on an object and, if its bucket has a KMS key, on that.
func (a *Authorizer) needS3(op *operation, on target, actions, keyActions []string) {
	for _, action := range actions {
		op.needs = append(op.needs, need{action, on.arn(a.place.Partition)})
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if key := a.keys[on.bucket]; key != "" {
		for _, action := range keyActions {
			op.needs = append(op.needs, need{action, key})
		}
	}
}

// keyActions are the actions on the target's key. S3 decrypts an object's
// checksum for HeadObject.
func (o s3Operation) keyActions(header http.Header) []string {
	if o.name == "HeadObject" && header.Get("X-Amz-Checksum-Mode") != "" {
		return []string{"kms:Decrypt"}
	}
	return o.targetKey
}

// listOptions are parameters of listings that do not tell an operation from others.
var listOptions = []string{"continuation-token", "delimiter", "encoding-type", "max-keys", "prefix", "start-after"}

func findS3(r *http.Request, key string) (s3Operation, bool) {
	query := r.URL.Query()
	query.Del("x-id") // the SDK's own, which S3 ignores
	for _, option := range listOptions {
		query.Del(option)
	}
	parameters := strings.Join(slices.Sorted(maps.Keys(query)), " ")
	i := slices.IndexFunc(s3Operations, func(o s3Operation) bool {
		return o.method == r.Method && o.onBucket == (key == "") && o.query == parameters &&
			o.copies == (r.Header.Get("X-Amz-Copy-Source") != "")
	})
	if i < 0 {
		return s3Operation{}, false
	}
	return s3Operations[i], true
}

// changesRights reports headers with which a request needs other rights than
// the table says.
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
