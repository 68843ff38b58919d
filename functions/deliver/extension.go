package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/gabriel-vasile/mimetype"

	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/awserror"
	"sdtasktracker/shared/delivery"
)

// beginningBytes is how much of such an object is read. The signatures of all
// extensions are in there.
const beginningBytes = 512

// extensions are those of the media types that are certain: a signature of four
// bytes or more says what the file is.
//
// Not certain are text and its kinds; what two or three bytes decide, such as MP3,
// AAC and JPEG XL; and what mimetype also takes other formats for: TIFF (camera
// images), zip (documents), MP4 (any file of that family).
var extensions = map[string]string{
	"image/webp":             ".webp",
	"image/png":              ".png",
	"image/vnd.mozilla.apng": ".png",
	"image/gif":              ".gif",
	"image/avif":             ".avif",
	"image/heic":             ".heic",
	"image/jp2":              ".jp2",
	"audio/flac":             ".flac",
	"audio/wav":              ".wav",
	"audio/ogg":              ".ogg",
	"audio/aiff":             ".aiff",
	"video/ogg":              ".ogv",
	"video/webm":             ".webm",
	"video/x-matroska":       ".mkv",
	"video/x-msvideo":        ".avi",
	"model/gltf-binary":      ".glb",
}

// destination is where a source is delivered: below the prefix, under its own
// key. With FixExtensions, what the publisher has no extension for gets one if
// its content is certain. Only then is S3 asked for anything.
func (c *Copier) destination(ctx context.Context, source object, prefix string) (object, error) {
	plain := object{bucket: c.Destination, key: prefix + source.key}
	if _, unnamed := delivery.Unnamed(source.key); !c.FixExtensions || !unnamed {
		return plain, nil
	}
	beginning, err := c.readBeginning(ctx, source)
	if awserror.Code(err) == "NoSuchKey" {
		return c.earlier(ctx, plain), nil
	}
	if err != nil {
		return plain, err
	}
	if extension := extensions[mimetype.Detect(beginning).String()]; extension != "" {
		return plain.renamed(extension), nil
	}
	return plain, nil
}

// renamed is an object that the publisher found no extension for, with one. A key
// that would get too long stays as it is.
func (o object) renamed(extension string) object {
	stem, _ := delivery.Unnamed(o.key)
	if len(stem)+len(extension) <= maxKeyBytes {
		o.key = stem + extension
	}
	return o
}

// readBeginning is how an object begins, nil if it is empty.
func (c *Copier) readBeginning(ctx context.Context, source object) ([]byte, error) {
	out, err := c.SourceClient.GetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(source.bucket), Key: aws.String(source.key),
		Range: aws.String(fmt.Sprintf("bytes=0-%d", beginningBytes-1)),
	}, func(o *s3.Options) {
		// S3 has no checksum of a range, and the SDK would log that.
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.APIOptions = append(o.APIOptions, awsclient.Buffer(beginningBytes))
	})
	if awserror.Status(err) == http.StatusRequestedRangeNotSatisfiable {
		return nil, nil // an empty object has no range
	}
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	beginning, err := io.ReadAll(io.LimitReader(out.Body, beginningBytes))
	if err != nil {
		return nil, fmt.Errorf("read its first bytes: %w", err)
	}
	return beginning, nil
}

// earlier is under which key a source that does not exist any more was delivered,
// if at all: its content can't tell now.
func (c *Copier) earlier(ctx context.Context, plain object) object {
	for _, extension := range slices.Sorted(maps.Values(extensions)) {
		if o := plain.renamed(extension); c.exists(ctx, o) {
			return o
		}
	}
	return plain
}
