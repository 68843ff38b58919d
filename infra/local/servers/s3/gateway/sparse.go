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

// sparse is a backend that makes an object of its parts with holes for blocks of zeros. The
// objects that are larger than CopyObject copies are tests', of zeros: their parts are
// written, and not all of it a second time.
type sparse struct{ *posix.Posix }

// CompleteMultipartUpload makes an upload's parts an object.
func (b sparse) CompleteMultipartUpload(
	ctx context.Context, input *s3.CompleteMultipartUploadInput,
) (s3response.CompleteMultipartUploadResult, string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return b.CompleteMultipartUploadWithCopy(ctx, input, func(from, to *os.File) (bool, error) {
		repeatable, err := copySparse(from, to)
		if err != nil {
			cancel() // versitygw 1.8.0 loses the error, and would publish what is there
		}
		return repeatable, err
	})
}

// copySparse is a [posix.CustomCopyFunc]: it writes a file's bytes at another's current
// offset. The parts stay, so that a client may complete the upload again.
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
