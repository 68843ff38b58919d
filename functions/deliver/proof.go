package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sdtasktracker/shared/awserror"
)

// prove compares an existing destination with the source. If the error is nil, the destination is
// the source's copy, and empty reports whether it has no bytes.
func (c *Copier) prove(ctx context.Context, source, destination object) (empty bool, err error) {
	there, err := c.Client.HeadObject(ctx, destination.head())
	if awserror.Status(err) == http.StatusNotFound {
		return false, errVanished
	}
	if err != nil {
		return false, fmt.Errorf("read the existing object's metadata: %w", err)
	}
	wanted, err := c.SourceClient.HeadObject(ctx, source.head())
	if awserror.Status(err) == http.StatusNotFound {
		return false, unproven(destination)
	}
	if err != nil {
		return false, fmt.Errorf("read the source's metadata: %w", err)
	}
	same, known := sameContent(there, wanted)
	if !known {
		if same, err = c.sameBytes(ctx, source, wanted, destination, there); err != nil {
			return false, fmt.Errorf("compare the existing object with the source: %w", err)
		}
	}
	if same {
		return aws.ToInt64(there.ContentLength) == 0, nil
	}
	return false, fmt.Errorf("%w: %s (%d bytes, ETag %s) is not the source (%d bytes, ETag %s)", errConflict,
		clip(destination.String()), aws.ToInt64(there.ContentLength), aws.ToString(there.ETag),
		aws.ToInt64(wanted.ContentLength), aws.ToString(wanted.ETag))
}

func unproven(destination object) error {
	return fmt.Errorf("%w: %s", errUnproven, clip(destination.String()))
}

// sameContent compares two objects by their metadata in S3. known is false if that isn't enough.
func sameContent(x, y *s3.HeadObjectOutput) (same, known bool) {
	switch {
	case aws.ToInt64(x.ContentLength) != aws.ToInt64(y.ContentLength):
		return false, true
	case isContentTag(x) && isContentTag(y):
		return aws.ToString(x.ETag) == aws.ToString(y.ETag), true
	case x.ChecksumType != types.ChecksumTypeFullObject || y.ChecksumType != types.ChecksumTypeFullObject:
		return false, false // no checksums, or checksums of parts
	}
	sums := checksums(y)
	for i, sum := range checksums(x) {
		if sum != "" && sums[i] != "" {
			return sum == sums[i], true
		}
	}
	return false, false
}

// isContentTag reports whether an entity tag depends on the content alone: neither on parts nor on
// a key ("Object" in the Amazon S3 API Reference, ETag).
func isContentTag(head *s3.HeadObjectOutput) bool {
	return head.SSEKMSKeyId == nil && head.SSECustomerAlgorithm == nil &&
		head.ETag != nil && !strings.Contains(*head.ETag, "-")
}

// checksums returns an object's checksum for each algorithm, "" if S3 doesn't have it. A copy has the
// algorithm of its source, or CRC64NVME if the source has no checksum ("CopyObject" in the Amazon S3
// API Reference).
func checksums(head *s3.HeadObjectOutput) []string {
	return aws.ToStringSlice([]*string{
		head.ChecksumCRC64NVME, head.ChecksumCRC32, head.ChecksumCRC32C, head.ChecksumSHA1, head.ChecksumSHA256,
	})
}

// sameBytes compares two objects of the same size without comparable checksums: the source may have
// been uploaded in parts, or before December 2024. To let S3 compute checksums, sameBytes copies both
// objects as parts of an upload, and then aborts the upload.
func (c *Copier) sameBytes(
	ctx context.Context, x object, headX *s3.HeadObjectOutput, y object, headY *s3.HeadObjectOutput,
) (bool, error) {
	created, err := c.Client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: aws.String(c.Destination), Key: aws.String(y.key), ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme,
	})
	if err != nil {
		return false, err
	}
	u := upload{client: c.Patient, source: x, destination: y, head: headX, id: created.UploadId,
		partBytes: partSize(aws.ToInt64(headX.ContentLength), c.MinPartBytes)}
	partsX, err := u.copyAll(ctx)
	var partsY []types.CompletedPart
	if err == nil {
		u.source, u.head = y, headY
		partsY, err = u.copyAll(ctx)
	}
	if err = u.abort(ctx, err); err != nil {
		return false, err
	}
	return slices.EqualFunc(partsX, partsY, func(p, q types.CompletedPart) bool {
		return p.ChecksumCRC64NVME != nil && aws.ToString(p.ChecksumCRC64NVME) == aws.ToString(q.ChecksumCRC64NVME)
	}), nil
}
