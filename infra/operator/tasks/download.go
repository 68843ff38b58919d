package tasks

import (
	"cmp"
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
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

// fetched is the outcome of fetching an object.
type fetched struct {
	URI  string `json:"uri"`
	File string `json:"file"`
	// Size is in bytes; 0 if the object is not on this machine.
	Size int `json:"bytes"`
	// Result is resultFetched, resultThere, or why the object is not on this machine.
	Result string `json:"result"`
	err    error
}

// The results for objects that are on this machine.
const (
	resultFetched = "fetched"
	resultThere   = "already there"
)

// downloader fetches objects into a folder. It writes no file outside the folder: os.Root follows no symbolic link out
// of it.
type downloader struct {
	client *s3.Client
	folder *os.Root
	bar    *output.Bar
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
	d := &downloader{client: stack.DeliveryClient(), folder: root, bar: p.NewByteBar()}
	files := d.fetchAll(ctx, task.Delivered)
	d.bar.Finish()
	if err := printFetched(ctx, p, files, line); err != nil || task.DeliveredOmitted == 0 {
		return err
	}
	advice := "look for them in the delivery bucket"
	if len(files) > 0 {
		uri := files[0].URI
		advice = fmt.Sprintf("aws s3 sync %q DIR fetches all objects with the prefix", uri[:strings.LastIndex(uri, "/")+1])
	}
	return fmt.Errorf("%s could not be fetched, because the item has no room for their names: %s",
		output.Count(task.DeliveredOmitted, "more object"), advice)
}

func (d *downloader) fetchAll(ctx context.Context, uris []string) []fetched {
	files := make([]fetched, len(uris))
	var all errgroup.Group
	all.SetLimit(maxFetches)
	for i, name := range fileNames(uris) {
		all.Go(func() error {
			files[i] = d.fetch(ctx, uris[i], name)
			return nil // printFetched reports the errors
		})
	}
	_ = all.Wait() // always nil
	return files
}

// fetch fetches an object, unless its file exists.
func (d *downloader) fetch(ctx context.Context, uri, name string) fetched {
	bucket, key, _ := delivery.SplitURI(uri)
	f := fetched{URI: uri, File: name, Result: resultThere}
	info, err := d.folder.Stat(name)
	switch {
	case err == nil:
		f.Size, err = d.compare(ctx, bucket, key, info)
	case errors.Is(err, fs.ErrNotExist):
		f.Result = resultFetched
		f.Size, err = d.write(ctx, bucket, key, name)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		f.Result = "interrupted"
	case err != nil:
		f.Result, f.err = err.Error(), fmt.Errorf("fetch %s: %w", uri, err)
	}
	return f
}

// compare returns the size of an object whose file exists. A file of another size or content is an error, because
// download overwrites nothing.
func (d *downloader) compare(ctx context.Context, bucket, key string, file fs.FileInfo) (size int, err error) {
	head, err := d.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	switch {
	case err != nil:
		return 0, fmt.Errorf("read its size: %w", err)
	case file.Size() != aws.ToInt64(head.ContentLength):
		return 0, fmt.Errorf("a different %s of %d bytes exists: move it away", file.Name(), file.Size())
	}
	want := md5Of(head)
	if want == "" { // S3 gives no MD5 to compare
		return int(file.Size()), nil
	}
	content, err := d.folder.Open(file.Name())
	if err != nil {
		return 0, err
	}
	defer content.Close()
	got := md5.New()
	if _, err := io.Copy(got, content); err != nil {
		return 0, err
	}
	if hex.EncodeToString(got.Sum(nil)) != want {
		return 0, fmt.Errorf("a different %s of the same size exists: move it away", file.Name())
	}
	return int(file.Size()), nil
}

// md5Of is the MD5 of an object, if S3 says it: the ETag of an object that was neither uploaded in parts nor encrypted
// with KMS or a key of the customer (Object in the Amazon S3 API Reference).
func md5Of(head *s3.HeadObjectOutput) string {
	tag := strings.Trim(aws.ToString(head.ETag), `"`)
	byS3 := head.ServerSideEncryption == "" || head.ServerSideEncryption == types.ServerSideEncryptionAes256
	if !byS3 || aws.ToString(head.SSECustomerAlgorithm) != "" || len(tag) != hex.EncodedLen(md5.Size) {
		return ""
	}
	return tag
}

// write fetches an object into a file. Until the file is complete, it has a random name, because another download may
// be fetching the same object. The S3 client verifies the object's checksum.
func (d *downloader) write(ctx context.Context, bucket, key, name string) (size int, err error) {
	out, err := d.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return 0, err
	}
	defer out.Body.Close()
	d.bar.Expect(aws.ToInt64(out.ContentLength))
	part := name + "." + rand.Text()[:8] + ".part"
	file, err := d.folder.Create(part)
	if err != nil {
		return 0, err
	}
	written, err := io.Copy(io.MultiWriter(file, d.bar), out.Body)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = d.folder.Rename(part, name)
	}
	if err != nil {
		return 0, errors.Join(err, d.folder.Remove(part))
	}
	return int(written), nil
}

// printFetched prints the files and their total. It returns an error if an object could not be fetched.
func printFetched(ctx context.Context, p *output.Printer, files []fetched, line command.Line) error {
	rows := output.NewSheet(output.Columns("file", "bytes", "result", "uri"))
	table := output.NewSheet(output.Columns("file", "bytes", "result"))
	results, bytes := map[string]int{}, 0
	var first error
	for _, f := range files {
		rows.Add(f.File, f.Size, f.Result, f.URI)
		table.Add(f.File, f.Size, f.Result)
		results[f.Result]++
		bytes += f.Size
		first = cmp.Or(first, f.err)
	}
	missing := len(files) - results[resultFetched] - results[resultThere]
	sum := fmt.Sprintf("%s: %d fetched, %d already there, %d not fetched; %d bytes are here", output.Count(len(files),
		"file"), results[resultFetched], results[resultThere], missing, bytes)
	output.Print(p, files, rows, func() {
		p.PrintTable(table)
		p.Printf("%s.\n", sum)
	})
	switch {
	case missing == 0:
		return nil
	case ctx.Err() != nil:
		return &command.StoppedError{Err: ctx.Err(), Done: sum, Resume: line}
	}
	return fmt.Errorf("%d of %s could not be fetched: run it again for the rest; the first error: %w", missing,
		output.Count(len(files), "object"), first)
}
