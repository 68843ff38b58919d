// Command local-s3 serves S3 from plain files on 127.0.0.1, for the local stack. It
// is a program of its own because its server is larger than all the rest: nothing
// else, and no test, has to be compiled or linked with it.
//
//	local-s3 DIRECTORY
//
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION are whom it serves, and
// where. It prints its URL as a line of JSON, and ends when its standard input does.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"

	"sdtasktracker/infra/local/copyguard"
)

// copyLimit is the maximum size in bytes of an object that CopyObject copies
// ("CopyObject" in the Amazon S3 API reference: 5 GB).
const copyLimit = 5 << 30

func main() {
	err := errors.New("usage: local-s3 DIRECTORY")
	if len(os.Args) == 2 {
		err = serve(os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "local-s3:", err)
		os.Exit(1)
	}
}

// serve serves the buckets in dir, which it creates, until standard input ends. It
// changes the working directory to dir.
func serve(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := (meta.XattrMeta{}).Test(dir); err != nil {
		return fmt.Errorf("serve S3 from %s: %w: use a directory of another file system, such as ext4, XFS or APFS",
			dir, err)
	}
	objects, err := posix.New(dir, meta.XattrMeta{}, posix.PosixOpts{CopyObjectThreshold: copyLimit})
	if err != nil {
		return fmt.Errorf("serve S3 from %s: %w", dir, err)
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	go func() { ended <- gateway(sparse{objects}, address) }()
	if err := waitFor(address, ended); err != nil {
		return err
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 256}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	guard := &http.Server{Handler: copyguard.New(asAWS{proxy}, exists(objects)), ReadHeaderTimeout: time.Minute}
	go func() { ended <- guard.Serve(listener) }()
	fmt.Printf("%q\n", "http://"+listener.Addr().String())
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		ended <- err
	}()
	return <-ended
}

// gateway serves S3 at an address until the process ends.
func gateway(objects backend.Backend, address string) error {
	accessKey, secretKey := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	return embedgw.RunVersityGW(context.Background(), objects, &embedgw.Config{
		RootUserAccess: accessKey, RootUserSecret: secretKey, Region: os.Getenv("AWS_REGION"),
		IAMService: auth.NewIAMServiceSingle(auth.Account{Access: accessKey, Secret: secretKey, Role: auth.RoleAdmin}),
		Ports:      []string{address}, Quiet: true, KeepAlive: true,
		MaxConnections: 4096, MaxRequests: 4096, MultipartMaxParts: 10000,
	})
}

// waitFor waits until something listens at the address.
func waitFor(address string, ended <-chan error) error {
	for {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			return connection.Close()
		}
		select {
		case err := <-ended:
			return fmt.Errorf("serve S3: %w", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// exists asks the backend directly, because a request would need a signature.
func exists(objects *posix.Posix) copyguard.Exists {
	return func(ctx context.Context, bucket, key string) bool {
		_, err := objects.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
		return err == nil // on any other error, the server responds with it to the copy itself
	}
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
