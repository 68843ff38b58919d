package tasks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/delivery"
	"sdtasktracker/shared/tasktable"
)

// maxFetches is how many objects are fetched at once.
const maxFetches = 4

// fetched is what became of one object.
type fetched struct {
	URI  string `json:"uri"`
	File string `json:"file"`
	// Size is nil if S3 did not say it.
	Size *int64 `json:"bytes,omitempty"`
	// Result is one of those below, or why it is none of them.
	Result string `json:"result"`
	err    error
}

// The results of objects that are on this machine.
const (
	resultFetched = "fetched"
	resultThere   = "already there"
)

// resultInterrupted is the result of an object that was not fetched because of Ctrl-C.
const resultInterrupted = "interrupted"

// downloader fetches objects into a folder, which no file leaves: os.Root follows no symbolic link out of it.
type downloader struct {
	client   *s3.Client
	transfer *transfermanager.Client
	folder   *os.Root
	bar      *output.Bar
}

// download fetches a task's delivered objects.
func download(ctx context.Context, p *output.Printer, stack *deployment.Deployment, folder string, task tasktable.Task,
	line command.Line,
) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("--download: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return fmt.Errorf("--download: %w", err)
	}
	defer root.Close()
	client := stack.DeliveryClient()
	d := &downloader{client: client, transfer: transfermanager.New(client), folder: root, bar: p.NewByteBar()}
	files := d.fetchAll(ctx, task.Delivered)
	d.bar.Finish()
	return printFetched(ctx, p, files, task.DeliveredOmitted, line)
}

func (d *downloader) fetchAll(ctx context.Context, uris []string) []fetched {
	names := fileNames(uris)
	files := make([]fetched, len(uris))
	var all errgroup.Group
	all.SetLimit(maxFetches)
	for i, uri := range uris {
		all.Go(func() error {
			files[i] = fetched{URI: uri, File: names[i]}
			err := d.fetch(ctx, &files[i])
			switch {
			case err != nil && ctx.Err() != nil:
				files[i].Result = resultInterrupted
			case err != nil:
				files[i].Result, files[i].err = err.Error(), err
			}
			return nil // the other objects are still fetched
		})
	}
	_ = all.Wait() // always nil
	return files
}

// fetch fetches one object, unless its file is there.
func (d *downloader) fetch(ctx context.Context, f *fetched) error {
	bucket, key, ok := delivery.SplitURI(f.URI)
	if !ok {
		return errors.New("it is not the URI of an S3 object")
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	head, err := d.client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), ChecksumMode: types.ChecksumModeEnabled,
	})
	if err != nil {
		return fmt.Errorf("read its metadata: %w", err)
	}
	f.Size = head.ContentLength
	d.bar.Expect(aws.ToInt64(f.Size))
	there, err := d.isThere(f.File, head)
	if err != nil {
		return err
	}
	if there {
		f.Result = resultThere
		d.bar.Add(aws.ToInt64(f.Size))
		return nil
	}
	f.Result = resultFetched
	return d.write(ctx, bucket, key, f.File, head)
}

// isThere reports whether a file has the object's content. Another file of that name is an error: nothing is
// overwritten.
func (d *downloader) isThere(name string, head *s3.HeadObjectOutput) (bool, error) {
	info, err := d.folder.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%s exists and is not a file: move it away", name)
	case info.Size() != aws.ToInt64(head.ContentLength):
		return false, fmt.Errorf("another %s exists, of %d bytes: move it away", name, info.Size())
	}
	known := findDigest(head)
	if known == nil { // all that S3 says is the size
		return true, nil
	}
	file, err := d.folder.Open(name)
	if err != nil {
		return false, err
	}
	defer file.Close()
	if _, err := io.Copy(known.hash, file); err != nil {
		return false, err
	}
	if !known.matches() {
		return false, fmt.Errorf("another %s exists, of the same size: move it away", name)
	}
	return true, nil
}

// write fetches an object into a file, which has another name until it is complete: one of its own, because another
// download may be fetching the same object.
func (d *downloader) write(ctx context.Context, bucket, key, name string, head *s3.HeadObjectOutput) (err error) {
	part := name + "." + rand.Text()[:8] + ".part"
	file, err := d.folder.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if removing := d.folder.Remove(part); !errors.Is(removing, fs.ErrNotExist) {
			err = errors.Join(err, removing)
		}
	}()
	_, err = d.transfer.DownloadObject(ctx, &transfermanager.DownloadObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), WriterAt: &countingFile{file, d.bar},
	})
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("fetch it: %w", err)
	}
	info, err := d.folder.Stat(part)
	if err == nil && info.Size() != aws.ToInt64(head.ContentLength) {
		err = fmt.Errorf("%d bytes of %d came: the object has changed, try again", info.Size(),
			aws.ToInt64(head.ContentLength))
	}
	if err != nil {
		return err
	}
	return d.place(part, name, head)
}

// place gives a complete file its name, unless another download has written the same file meanwhile.
func (d *downloader) place(part, name string, head *s3.HeadObjectOutput) error {
	if err := d.folder.Link(part, name); err == nil {
		return nil
	}
	// The name is taken, or the file system has no links.
	there, err := d.isThere(name, head)
	if there || err != nil {
		return err
	}
	return d.folder.Rename(part, name)
}

// countingFile moves a bar as a file is written.
type countingFile struct {
	file *os.File
	bar  *output.Bar
}

// WriteAt implements [io.WriterAt].
func (c *countingFile) WriteAt(p []byte, at int64) (int, error) {
	n, err := c.file.WriteAt(p, at)
	c.bar.Add(int64(n))
	return n, err
}
