package page

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/objects"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/delivery"
	"sdtasktracker/shared/tasktable"
)

// What a file has inside: images of at most maxImage bytes, maxImages bytes in all. Browsers open such a file in
// seconds.
const (
	maxImage  = 8 << 20
	maxImages = 64 << 20
	// maxReads is how many images are read at once.
	maxReads = 8
)

// embedder adds tasks to a file, with links to their objects, or with the images themselves.
type embedder struct {
	source  *source
	expires command.Span
	inline  bool
	origins []string // of the links

	mutex    sync.Mutex // guards what follows
	size     int64
	full     bool // an image had no room
	left     int  // images that are links because the file would be too large
	unread   int
	firstErr error
}

// addTasks adds the tasks as they are now, the newest first.
func (e *embedder) addTasks(ctx context.Context, found []tasktable.Task, page *data) error {
	for chunk := range slices.Chunk(found, tasktable.MaxInBatch) {
		ids := make([]string, 0, len(chunk))
		for _, task := range chunk {
			ids = append(ids, task.ID)
		}
		whole, err := e.source.stack.Table().BatchDetails(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			details, found := whole[id]
			if !found { // it has expired since
				continue
			}
			added := newEntry(details)
			added["objects"], err = e.objects(ctx, details.Task, page)
			if err != nil {
				return err
			}
			page.Tasks = append(page.Tasks, added)
		}
	}
	if e.left > 0 {
		page.Notes = append(page.Notes, output.Count(e.left, "image")+" beyond 64 MB, or of more than 8 MB each, are links.")
	}
	if e.unread > 0 {
		page.Problems = append(page.Problems, fmt.Sprintf("%s could not be read: %v", output.Count(e.unread, "image"),
			e.source.explain(e.firstErr)))
	}
	return nil
}

// objects are a task's delivered objects.
func (e *embedder) objects(ctx context.Context, task tasktable.Task, page *data) ([]object, error) {
	all := make([]object, len(task.Delivered))
	var expires *int64
	var reads errgroup.Group
	reads.SetLimit(maxReads)
	for i, uri := range task.Delivered {
		all[i] = newObject(uri, task)
		bucket, key, ok := delivery.SplitURI(uri)
		if !ok || all[i].Empty {
			continue
		}
		until, err := e.link(ctx, &all[i], uri, page)
		if err != nil {
			return nil, err
		}
		expires = &until
		if e.inline && all[i].Kind != "file" {
			reads.Go(func() error {
				e.read(ctx, &all[i], bucket, key)
				return nil // the page says what could not be read
			})
		}
	}
	_ = reads.Wait() // always nil
	isLink := func(o object) bool { return strings.HasPrefix(o.URL, "http") }
	if slices.ContainsFunc(all, isLink) && (page.Until == nil || *expires < *page.Until) {
		page.Until = expires
	}
	return all, ctx.Err()
}

// link gives an object a signed URL, and returns when that expires, in milliseconds since 1970.
func (e *embedder) link(ctx context.Context, o *object, uri string, page *data) (until int64, err error) {
	signed, err := objects.Sign(ctx, e.source.stack.DeliveryClient(), []string{uri}, e.expires,
		time.UnixMilli(page.Made))
	if err != nil {
		return 0, err
	}
	o.URL = signed[0].URL
	parsed, err := url.Parse(o.URL)
	if err != nil {
		return 0, fmt.Errorf("sign a link to %q: %w", uri, err)
	}
	if origin := parsed.Scheme + "://" + parsed.Host; !slices.Contains(e.origins, origin) {
		e.origins = append(e.origins, origin)
	}
	return signed[0].ExpiresAt.UnixMilli(), nil
}

// read puts an image into the file, if it is one and there is room for it.
func (e *embedder) read(ctx context.Context, o *object, bucket, key string) {
	if e.leaves() {
		return
	}
	content, kind, err := e.get(ctx, bucket, key)
	e.mutex.Lock()
	defer e.mutex.Unlock()
	switch {
	case errors.Is(err, errTooLarge):
		e.left++
	case err != nil:
		e.unread++
		if e.firstErr == nil {
			e.firstErr = fmt.Errorf("read s3://%s/%s: %w", bucket, key, err)
		}
	case !strings.HasPrefix(kind, "image/"): // it stays a link
	case e.size+int64(len(content)) > maxImages:
		e.full = true
		e.left++
	default:
		e.size += int64(len(content))
		o.Kind, o.URL = "image", "data:"+kind+";base64,"+base64.StdEncoding.EncodeToString(content)
	}
}

// leaves leaves an image out, unread, and reports true if the file is full: there may be thousands more.
func (e *embedder) leaves() bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.full {
		e.left++
	}
	return e.full
}

var errTooLarge = errors.New("the object is too large")

// get reads an object, unless it is too large or none that browsers show.
func (e *embedder) get(ctx context.Context, bucket, key string) (content []byte, kind string, err error) {
	out, err := e.source.stack.DeliveryClient().GetObject(ctx,
		&s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return nil, "", err
	}
	defer out.Body.Close()
	if aws.ToInt64(out.ContentLength) > maxImage {
		return nil, "", errTooLarge
	}
	content, err = io.ReadAll(io.LimitReader(out.Body, maxImage))
	if err != nil {
		return nil, "", err
	}
	return content, mediaType(content[:min(len(content), sniffed)], key, aws.ToString(out.ContentType)), nil
}
