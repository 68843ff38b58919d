package main

import (
	"archive/zip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/function"
)

// atOnce is how many images deliver copies at once.
const atOnce = 32

// event is SNS's event of a completed task.
func event(images int) []byte {
	var urls []string
	for n := range images {
		urls = append(urls, fmt.Sprintf("s3://from/output/task/task-3f9a-%d.png", n))
	}
	return snsEvent(map[string]any{"runtime": "sdruntime", "id": "task", "result": true, "status": "completed",
		"image_url": urls, "output_url": "s3://from/output/task/task-3f9a.out", "context": map[string]any{"user": "u-17"}})
}

// snsEvent is SNS's event of a message.
func snsEvent(fields map[string]any) []byte {
	message, _ := json.Marshal(fields)
	text, _ := json.Marshal(map[string]any{"Records": []any{map[string]any{"EventSource": "aws:sns", "Sns": map[string]any{
		"MessageId": "bench", "Timestamp": "2026-11-24T12:00:00.000Z", "Message": string(message)}}}})
	return text
}

// images compares a task's delivery with the round trips that it can't do without.
func (b *bench) images() error {
	for _, n := range []int{1, 7, 32, 300, 1000} {
		floor := latency * time.Duration((n+atOnce-1)/atOnce+1) // the last one records the delivery
		cells := []string{fmt.Sprint(n), ms(floor)}
		times := 4
		if n <= atOnce { // a short delivery may take another period of the quota, or not
			times = 20
		}
		for _, memory := range []int{256, 512, 1024, function.WholeCPU} {
			calls, err := b.calls(compiled("deliver"), memory, event(n), times)
			if err != nil {
				b.row(fmt.Sprint(n), "skipped: "+firstLine(err))
				return nil
			}
			first, later := calls[0], medianCall(calls[1:])
			cells = append(cells, ms(first.took), ms(later.took), ratio(later.took, floor))
		}
		b.row(cells...)
	}
	return nil
}

// throughput compares sandboxes with what bounds them, on one server: Lambda hands a
// sandbox an event at a time, so a message takes as long as an event of a bare handler,
// and then as long as the SDK.
func (b *bench) throughput() error {
	const messages = 2000
	e, err := newEndpoint(0, b.dir)
	if err != nil {
		return err
	}
	defer e.close()
	client, err := newClient(e)
	if err != nil {
		return err
	}
	for _, n := range []int{1, 8} {
		record, err := eventsPerSecond(e, compiled("record"), n, messages)
		if err != nil {
			return err
		}
		nothing, err := eventsPerSecond(e, bare, n, messages)
		if err != nil {
			return err
		}
		loop, err := together(n, messages, func(int) error { return update(client) })
		if err != nil {
			return err
		}
		bound := 1 / (1/nothing + 1/loop)
		b.row(fmt.Sprint(n), fmt.Sprintf("%.0f/s", record), fmt.Sprintf("%.0f/s", nothing), fmt.Sprintf("%.0f/s", loop),
			fmt.Sprintf("%.2f×", record/bound))
	}
	return nil
}

// eventsPerSecond is how many events a second a number of sandboxes handle together.
func eventsPerSecond(e *endpoint, command []string, sandboxes, events int) (float64, error) {
	var all []*sandbox
	for range sandboxes {
		// record's own; on two threads, the bare handler would be no bound for it.
		s, err := newSandbox(append(e.environment(), "GOMAXPROCS=1"), command...)
		if err != nil {
			return 0, err
		}
		defer s.close()
		all = append(all, s)
	}
	message := event(4)
	return together(sandboxes, events, func(i int) error { _, err := all[i].invoke(message); return err })
}

// together shares out a number of times that work is done to n goroutines, and returns how
// often a second it was. work gets the goroutine's number.
func together(n, times int, work func(i int) error) (perSecond float64, err error) {
	var all sync.WaitGroup
	errs := make([]error, n)
	start := time.Now()
	for i := range n {
		all.Go(func() {
			for done := 0; done < times/n && errs[i] == nil; done++ {
				errs[i] = work(i)
			}
		})
	}
	all.Wait()
	return float64(times) / time.Since(start).Seconds(), errors.Join(errs...)
}

func newClient(e *endpoint) (*dynamodb.Client, error) {
	pem, err := os.ReadFile(e.Roots)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: aws.String(e.URL),
		Credentials: credentials.NewStaticCredentialsProvider("bench", "bench", ""),
		HTTPClient: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8,
			TLSClientConfig: &tls.Config{RootCAs: roots}}}}), nil
}

// update is the least that recording a task can be.
func update(client *dynamodb.Client) error {
	_, err := client.UpdateItem(context.Background(), &dynamodb.UpdateItemInput{TableName: aws.String("tasks"),
		Key:                       map[string]types.AttributeValue{"task_id": &types.AttributeValueMemberS{Value: "task"}},
		UpdateExpression:          aws.String("SET #s = :s"),
		ExpressionAttributeNames:  map[string]string{"#s": "status"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":s": &types.AttributeValueMemberS{Value: "completed"}}})
	return err
}

// memory compares what a sandbox has in memory early and late.
func (b *bench) memory() error {
	e, err := newEndpoint(0, b.dir)
	if err != nil {
		return err
	}
	defer e.close()
	s, err := newSandbox(e.environment(), compiled("record")...)
	if err != nil {
		return err
	}
	defer s.close()
	if s.resident() == 0 {
		b.row("skipped: there is no /proc")
		return nil
	}
	var sizes []float64
	for _, messages := range []int{1_000, 49_000} {
		for range messages {
			if _, err := s.invoke(event(4)); err != nil {
				return err
			}
		}
		sizes = append(sizes, float64(s.resident())/(1<<20))
	}
	b.row(fmt.Sprintf("%.1f", sizes[0]), fmt.Sprintf("%.1f", sizes[1]), fmt.Sprintf("%.2f×", sizes[1]/sizes[0]))
	return nil
}

// packages shows the sizes of what is uploaded.
func (b *bench) packages() error {
	smallest, err := zipped(bare[0])
	if err != nil {
		return err
	}
	for _, name := range []string{"record", "deliver", "redrive", "reconcile"} {
		uploaded, err := zipped("build/functions/" + name + "/bootstrap")
		if err != nil {
			return err
		}
		local, err := zipped(compiled(name)[0])
		if err != nil {
			return err
		}
		b.row(name, fmt.Sprintf("%.2f MB", float64(uploaded)/1e6), fmt.Sprintf("%.2f×", float64(local)/float64(smallest)))
	}
	return nil
}

// zipped is the size of a file in a zip archive, in bytes.
func zipped(path string) (int, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	var size counter
	archive := zip.NewWriter(&size)
	entry, err := archive.Create(filepath.Base(path))
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(entry, file); err != nil {
		return 0, err
	}
	return int(size), archive.Close()
}

type counter int

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
