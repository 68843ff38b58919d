package page

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/delivery"
)

// A file embeds images of at most maxImage bytes each and maxImages bytes in all. Browsers open such a file in seconds.
const (
	maxImage  = 8 << 20
	maxImages = 64 << 20
	// maxReads is how many images are read concurrently.
	maxReads = 8
)

// errNoRoom is the error for an image that would make the file too large.
var errNoRoom = errors.New("the file has no room for the image")

// inliner embeds images into a page instead of linking to them.
type inliner struct {
	client *s3.Client
	size   atomic.Int64 // of the images so far; above maxImages once an image had no room

	mutex    sync.Mutex // guards the fields below
	left     int        // images that are links because the file would be too large
	unread   int
	firstErr error
}

// inline embeds images into a page. It adds to the page's notes and problems which images it could not embed.
func (s *source) inline(ctx context.Context, page *data) {
	in := &inliner{client: s.stack.DeliveryClient()}
	var reads errgroup.Group
	reads.SetLimit(maxReads)
	for _, o := range page.objects() {
		if o.URL != "" && (o.Kind == "image" || o.Kind == "") {
			reads.Go(func() error {
				in.read(ctx, o)
				return nil // inline adds the errors to the page
			})
		}
	}
	_ = reads.Wait() // always nil
	if in.left > 0 {
		page.Notes = append(page.Notes, "Linked instead of embedded: "+output.Count(in.left, "image")+
			". A report embeds images of at most 8 MB, and 64 MB in all.")
	}
	if in.unread > 0 {
		page.Problems = append(page.Problems, fmt.Sprintf("%s could not be read: %v", output.Count(in.unread, "image"),
			s.explain(in.firstErr)))
	}
}

// read embeds an object into the page if it is an image and fits. Otherwise the object stays a link.
func (in *inliner) read(ctx context.Context, o *object) {
	content, kind, err := in.get(ctx, o.uri)
	isImage := strings.HasPrefix(kind, "image/")
	if isImage && in.size.Add(int64(len(content))) > maxImages {
		err = errNoRoom
	}
	if err == nil && isImage {
		o.Kind, o.URL = "image", "data:"+kind+";base64,"+base64.StdEncoding.EncodeToString(content)
	}
	in.mutex.Lock()
	defer in.mutex.Unlock()
	switch {
	case errors.Is(err, errNoRoom):
		in.left++
	case err != nil:
		in.unread++
		in.firstErr = cmp.Or(in.firstErr, fmt.Errorf("read %s: %w", o.uri, err))
	}
}

// get reads an object, unless it is too large or the file is full: thousands more objects may follow.
func (in *inliner) get(ctx context.Context, uri string) (content []byte, kind string, err error) {
	if in.size.Load() > maxImages {
		return nil, "", errNoRoom
	}
	bucket, key, _ := delivery.SplitURI(uri)
	out, err := in.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return nil, "", err
	}
	defer out.Body.Close()
	if aws.ToInt64(out.ContentLength) > maxImage {
		return nil, "", errNoRoom
	}
	content, err = io.ReadAll(out.Body)
	return content, mediaType(content[:min(len(content), sniffed)], key, aws.ToString(out.ContentType)), err
}
