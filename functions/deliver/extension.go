package main

import (
	"context"
	"maps"
	"slices"

	"github.com/gabriel-vasile/mimetype"

	"sdtasktracker/shared/awserror"
	"sdtasktracker/shared/beginning"
	"sdtasktracker/shared/delivery"
)

// beginningBytes is how many bytes deliver reads from an object to find its extension. The
// signatures of all extensions are in these bytes.
const beginningBytes = 512

// extensions has the extensions of the media types that have a certain signature, of four bytes or
// more.
//
// Text has none. MP3, AAC and JPEG XL have signatures of two or three bytes. mimetype also reports
// camera images as TIFF, documents as zip, and the whole family of MP4 as MP4.
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

// destination returns where a source is delivered: below the prefix, with its own key. With
// FixExtensions, an object that the guidance found no extension for gets one if its signature is
// certain. Only that needs a request.
func (c *Copier) destination(ctx context.Context, source object, prefix string) (object, error) {
	plain := object{bucket: c.Destination, key: prefix + source.key}
	if _, unnamed := delivery.Unnamed(source.key); !c.FixExtensions || !unnamed {
		return plain, nil
	}
	content, err := beginning.Read(ctx, c.SourceClient, source.bucket, source.key, beginningBytes)
	if awserror.Code(err) == "NoSuchKey" {
		return c.earlier(ctx, plain), nil
	}
	if err != nil {
		return plain, err
	}
	if extension := extensions[mimetype.Detect(content).String()]; extension != "" {
		return plain.renamed(extension), nil
	}
	return plain, nil
}

// renamed returns an object that the guidance found no extension for, with an extension. It doesn't
// change a key that would become too long.
func (o object) renamed(extension string) object {
	stem, _ := delivery.Unnamed(o.key)
	if len(stem)+len(extension) <= maxKeyBytes {
		o.key = stem + extension
	}
	return o
}

// earlier returns where a source that no longer exists was delivered. Without its content, only the
// delivery bucket can tell.
func (c *Copier) earlier(ctx context.Context, plain object) object {
	for _, extension := range slices.Sorted(maps.Values(extensions)) {
		if o := plain.renamed(extension); c.exists(ctx, o) {
			return o
		}
	}
	return plain
}
