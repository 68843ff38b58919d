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

// extensions maps media types to extensions. Each type has an unambiguous signature of at least four
// bytes.
//
// It leaves out text, which has no signature, and MP3, AAC and JPEG XL, whose signatures have two or
// three bytes. It also leaves out TIFF, zip and MP4, because mimetype reports camera images as TIFF,
// documents as zip, and all relatives of MP4 as MP4.
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

// destination returns the object to copy a source to: its key is the prefix and the source's key. With
// FixExtensions, destination also adds a missing extension if it knows the content's signature. Only
// then does it send a request.
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

// renamed returns an object with the extension that its key lacks. It doesn't change a key that would
// become too long.
func (o object) renamed(extension string) object {
	stem, _ := delivery.Unnamed(o.key)
	if len(stem)+len(extension) <= maxKeyBytes {
		o.key = stem + extension
	}
	return o
}

// earlier returns the copy of a source that no longer exists. Only the delivery bucket shows which
// extension the copy has.
func (c *Copier) earlier(ctx context.Context, plain object) object {
	for _, extension := range slices.Sorted(maps.Values(extensions)) {
		if o := plain.renamed(extension); c.exists(ctx, o) {
			return o
		}
	}
	return plain
}
