package main

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
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
	"github.com/cheggaaa/pb/v3"

	"sdtasktracker/shared/tasktable"
)

// filesAtOnce is how many objects are fetched at once.
const filesAtOnce = 4

// fetched is what became of one object.
type fetched struct {
	URI  string `json:"uri"`
	File string `json:"file"`
	Size int64  `json:"bytes"`
	// Result is "fetched", "already there", or why neither.
	Result string `json:"result"`
	failed bool
}

// errNotFetched makes the command exit with status 1.
var errNotFetched = errors.New(
	"some objects could not be fetched: what is whole stays, and running it again fetches the rest",
)

// downloader fetches objects into a folder, which no file leaves: os.Root follows
// no symbolic link out of it.
type downloader struct {
	*session
	client   *s3.Client
	transfer *transfermanager.Client
	folder   *os.Root
	bar      *pb.ProgressBar // nil unless somebody watches
	printing sync.Mutex
}

// download fetches a task's delivered objects.
func (s *session) download(ctx context.Context, cfg aws.Config, region, folder string, task tasktable.Task) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("--download: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return fmt.Errorf("--download: %w", err)
	}
	defer root.Close()
	cfg.Logger = logging.Nop{} // the SDK says of each object without a checksum that it has none
	client := newRegionalClient(cfg, region)
	d := &downloader{session: s, client: client, transfer: transfermanager.New(client), folder: root}
	if s.watched {
		d.bar = pb.New64(0).Set(pb.Bytes, true).SetWriter(s.progress).Start()
		defer d.bar.Finish()
	}
	files := d.fetchAll(ctx, task.Delivered)
	if d.bar != nil {
		d.bar.Finish()
	}
	if task.DeliveredOmitted > 0 {
		fmt.Fprintf(
			s.progress,
			"The item had no room for %d more: look for them in the delivery bucket.\n",
			task.DeliveredOmitted,
		)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted: run it again for the rest: %w", ctx.Err())
	}
	return s.printFetched(files)
}

func (d *downloader) fetchAll(ctx context.Context, uris []string) []fetched {
	names := fileNames(uris)
	files := make([]fetched, len(uris))
	slots := make(chan struct{}, filesAtOnce)
	var all sync.WaitGroup
	for i, uri := range uris {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			f := fetched{URI: uri, File: names[i]}
			if err := d.fetch(ctx, &f); err != nil {
				f.Result, f.failed = err.Error(), true
			}
			files[i] = f
			d.report(f)
		})
	}
	all.Wait()
	return files
}

// report prints what became of an object, unless the bar shows it.
func (d *downloader) report(f fetched) {
	if d.bar != nil || d.Output != "table" {
		return
	}
	d.printing.Lock()
	defer d.printing.Unlock()
	fmt.Fprintf(d.progress, "%s: %s\n", escape(f.File), escape(f.Result))
}

// fetch fetches one object, unless its file is there. A file is whole once it has
// its name: until then it is NAME.part.
func (d *downloader) fetch(ctx context.Context, f *fetched) error {
	bucket, key, ok := strings.Cut(strings.TrimPrefix(f.URI, "s3://"), "/")
	if !ok {
		return errors.New("it is not the URI of an S3 object")
	}
	head, err := d.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return fmt.Errorf("look at it: %w", err)
	}
	f.Size = aws.ToInt64(head.ContentLength)
	if d.bar != nil {
		d.bar.AddTotal(f.Size)
	}
	there, err := d.isThere(f.File, f.Size, aws.ToString(head.ETag))
	if err != nil {
		return err
	}
	if there {
		f.Result = "already there"
		d.advance(f.Size)
		return nil
	}
	if err := d.write(ctx, bucket, key, f); err != nil {
		return err
	}
	f.Result = "fetched"
	return nil
}

// isThere tells whether a file is the object. Another file of that name is an
// error: nothing is overwritten.
func (d *downloader) isThere(name string, size int64, tag string) (bool, error) {
	info, err := d.folder.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%s is there, and no file", name)
	case info.Size() != size:
		return false, fmt.Errorf("another %s is there, of %d bytes: move it away", name, info.Size())
	}
	digest := strings.Trim(tag, `"`)
	if len(digest) != 2*md5.Size { // of parts, which the tag does not tell
		return true, nil
	}
	file, err := d.folder.Open(name)
	if err != nil {
		return false, err
	}
	defer file.Close()
	sum := md5.New() // of S3's choice
	if _, err := io.Copy(sum, file); err != nil {
		return false, err
	}
	if hex.EncodeToString(sum.Sum(nil)) != digest {
		return false, fmt.Errorf(
			"another %s is there, of the same size (or the object is encrypted): move it away",
			name,
		)
	}
	return true, nil
}

func (d *downloader) write(ctx context.Context, bucket, key string, f *fetched) error {
	part := f.File + ".part"
	file, err := d.folder.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = d.transfer.DownloadObject(ctx, &transfermanager.DownloadObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), WriterAt: &watchedFile{file, d},
	})
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("fetch it: %w", err)
	}
	info, err := d.folder.Stat(part)
	if err == nil && info.Size() != f.Size {
		err = fmt.Errorf("%d bytes of %d came: it has changed meanwhile", info.Size(), f.Size)
	}
	if err != nil {
		return err
	}
	return d.folder.Rename(part, f.File)
}

// watchedFile counts what is written.
type watchedFile struct {
	*os.File
	d *downloader
}

// WriteAt implements [io.WriterAt].
func (w *watchedFile) WriteAt(p []byte, at int64) (int, error) {
	n, err := w.File.WriteAt(p, at)
	w.d.advance(int64(n))
	return n, err
}

func (d *downloader) advance(n int64) {
	if d.bar != nil {
		d.bar.Add64(n)
	}
}

// printFetched prints the files, and fails if one is missing.
func (s *session) printFetched(files []fetched) error {
	rows := sheet{headings: []heading{{"file", "file"}, {"bytes", "bytes"}, {"result", "result"}, {"uri", "object"}}}
	var err error
	for _, f := range files {
		rows.rows = append(rows.rows, []any{f.File, int(f.Size), f.Result, f.URI})
		if f.failed {
			err = errNotFetched
		}
	}
	if s.Output == "json" {
		return errors.Join(printJSON(s.out, files), err)
	}
	return errors.Join(s.printSheet(rows), err)
}
