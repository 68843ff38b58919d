package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3response"
)

// sparse is a backend whose multipart uploads leave holes where there are only zeros, in
// the place of blocks on the disk: an object of five gigabytes, made to try what is larger
// than CopyObject copies, is written once, as parts, and not a second time.
type sparse struct{ *posix.Posix }

// CompleteMultipartUpload makes an upload's parts an object.
func (b sparse) CompleteMultipartUpload(
	ctx context.Context, input *s3.CompleteMultipartUploadInput,
) (s3response.CompleteMultipartUploadResult, string, error) {
	return b.CompleteMultipartUploadWithCopy(ctx, input, copySparse)
}

// copySparse appends a file to another from where that was written last. It can be
// repeated.
func copySparse(from, to *os.File) (repeatable bool, err error) {
	const size = 1 << 20
	block, zeros := make([]byte, size), make([]byte, size)
	for done := false; !done; {
		n, readErr := io.ReadFull(from, block)
		if bytes.Equal(block[:n], zeros[:n]) {
			_, err = to.Seek(int64(n), io.SeekCurrent)
		} else {
			_, err = to.Write(block[:n])
		}
		done = errors.Is(readErr, io.EOF) || errors.Is(readErr, io.ErrUnexpectedEOF)
		if !done {
			err = errors.Join(err, readErr)
		}
		if err != nil {
			return true, err
		}
	}
	end, err := to.Seek(0, io.SeekCurrent)
	if err != nil {
		return true, err
	}
	return true, to.Truncate(end) // a hole at the end
}
