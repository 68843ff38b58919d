package tasks

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
	"golang.org/x/sync/errgroup"

	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/objects"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/tasktable"
)

// maxFetches is how many objects are fetched at once.
const maxFetches = 4

// fetched is what became of one object.
type fetched struct {
	URI  string `json:"uri"`
	File string `json:"file"`
	Size int64  `json:"bytes"`
	// Result is "fetched", "already there", or why it is neither.
	Result string `json:"result"`
	failed bool
}

// errNotFetched makes the command exit with status 1.
var errNotFetched = errors.New("some objects could not be fetched: run it again for the rest")

// downloader fetches objects into a folder, which no file leaves: os.Root follows no symbolic link out of it.
type downloader struct {
	p        *output.Printer
	client   *s3.Client
	transfer *transfermanager.Client
	folder   *os.Root
	bar      *output.Bar
}

// download fetches a task's delivered objects.
func download(ctx context.Context, p *output.Printer, stack *deployment.Deployment, folder string, task tasktable.Task,
) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("--download: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return fmt.Errorf("--download: %w", err)
	}
	defer root.Close()
	client := stack.DeliveryClient(func(o *s3.Options) {
		o.Logger = logging.Nop{} // else the SDK logs each object that has no checksum
	})
	d := &downloader{p: p, client: client, transfer: transfermanager.New(client), folder: root, bar: p.NewByteBar()}
	files := d.fetchAll(ctx, task.Delivered)
	d.bar.Finish()
	if task.DeliveredOmitted > 0 {
		p.Progressf("The item has no room for %d more objects: look for them in the delivery bucket.\n",
			task.DeliveredOmitted)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted: run it again for the rest: %w", ctx.Err())
	}
	return printFetched(p, files)
}

func (d *downloader) fetchAll(ctx context.Context, uris []string) []fetched {
	names := fileNames(uris)
	files := make([]fetched, len(uris))
	var all errgroup.Group
	all.SetLimit(maxFetches)
	for i, uri := range uris {
		all.Go(func() error {
			f := fetched{URI: uri, File: names[i]}
			if err := d.fetch(ctx, &f); err != nil {
				f.Result, f.failed = err.Error(), true
			}
			files[i] = f
			d.report(f)
			return nil // the other objects are still fetched
		})
	}
	_ = all.Wait() // always nil
	return files
}

// report prints what became of an object, unless the bar shows it.
func (d *downloader) report(f fetched) {
	if d.bar == nil && d.p.Format == output.Table {
		d.p.Progressf("%s: %s\n", output.Escape(f.File), output.Escape(f.Result))
	}
}

// fetch fetches one object, unless its file is there.
func (d *downloader) fetch(ctx context.Context, f *fetched) error {
	bucket, key, ok := objects.Split(f.URI)
	if !ok {
		return errors.New("it is not the URI of an S3 object")
	}
	head, err := d.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return fmt.Errorf("read its metadata: %w", err)
	}
	f.Size = aws.ToInt64(head.ContentLength)
	d.bar.Expect(f.Size)
	there, err := d.isThere(f.File, f.Size, aws.ToString(head.ETag))
	if err != nil {
		return err
	}
	if there {
		f.Result = "already there"
		d.bar.Add(f.Size)
		return nil
	}
	if err := d.write(ctx, bucket, key, f); err != nil {
		return err
	}
	f.Result = "fetched"
	return nil
}

// isThere reports whether a file has the object's content. Another file of that name is an error: nothing is
// overwritten.
func (d *downloader) isThere(name string, size int64, tag string) (bool, error) {
	info, err := d.folder.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%s exists and is not a file: move it away", name)
	case info.Size() != size:
		return false, fmt.Errorf("another %s exists, of %d bytes: move it away", name, info.Size())
	}
	digest := strings.Trim(tag, `"`)
	if len(digest) != 2*md5.Size { // the object was uploaded in parts, so its tag is not its MD5
		return true, nil
	}
	file, err := d.folder.Open(name)
	if err != nil {
		return false, err
	}
	defer file.Close()
	sum := md5.New() // S3's choice
	if _, err := io.Copy(sum, file); err != nil {
		return false, err
	}
	if hex.EncodeToString(sum.Sum(nil)) != digest {
		return false, fmt.Errorf(
			"another %s exists, of the same size (or the object is encrypted): move it away",
			name,
		)
	}
	return true, nil
}

// write fetches an object into a file. The file is NAME.part until it is complete.
func (d *downloader) write(ctx context.Context, bucket, key string, f *fetched) error {
	part := f.File + ".part"
	file, err := d.folder.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = d.transfer.DownloadObject(ctx, &transfermanager.DownloadObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), WriterAt: &countingFile{file, d.bar},
	})
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("fetch it: %w", err)
	}
	info, err := d.folder.Stat(part)
	if err == nil && info.Size() != f.Size {
		err = fmt.Errorf("%d bytes of %d came: the object has changed, try again", info.Size(), f.Size)
	}
	if err != nil {
		return err
	}
	return d.folder.Rename(part, f.File)
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

// printFetched prints the files, and fails if an object could not be fetched.
func printFetched(p *output.Printer, files []fetched) (err error) {
	rows := output.NewSheet(output.Columns("file", "bytes", "result", "uri: object"))
	for _, f := range files {
		rows.Add(f.File, int(f.Size), f.Result, f.URI)
		if f.failed {
			err = errNotFetched
		}
	}
	output.Print(p, files, rows, nil)
	return err
}
