// Package s3 serves S3 from plain files, for the local stack.
package s3

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"

	"sdtasktracker/infra/local/copyguard"
)

// copyLimit is the maximum size in bytes of an object that CopyObject copies
// ("CopyObject" in the Amazon S3 API reference: 5 GB).
const copyLimit = 5 << 30

// Server is an S3 server that keeps its objects as files.
type Server struct {
	// URL is the server's endpoint.
	URL string

	guard  *http.Server
	idle   *http.Transport // the guard's connections: the server waits for them to close
	cancel context.CancelFunc
	done   chan error
}

// Start serves the buckets in dir, which it creates. It changes the process's
// working directory to dir, so a process can run only one such server at a time.
func Start(ctx context.Context, dir, accessKey, secretKey, region string) (*Server, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := (meta.XattrMeta{}).Test(dir); err != nil {
		return nil, fmt.Errorf("serve S3 from %s: %w: use a directory of another file system, such as ext4, XFS or APFS",
			dir, err)
	}
	backend, err := posix.New(dir, meta.XattrMeta{}, posix.PosixOpts{CopyObjectThreshold: copyLimit})
	if err != nil {
		return nil, fmt.Errorf("serve S3 from %s: %w", dir, err)
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	serveContext, cancel := context.WithCancel(context.Background())
	s := &Server{cancel: cancel, done: make(chan error, 1)}
	go func() {
		s.done <- embedgw.RunVersityGW(serveContext, backend, &embedgw.Config{
			RootUserAccess: accessKey, RootUserSecret: secretKey, Region: region,
			IAMService: auth.NewIAMServiceSingle(auth.Account{Access: accessKey, Secret: secretKey, Role: auth.RoleAdmin}),
			Ports:      []string{address}, Quiet: true, KeepAlive: true,
			MaxConnections: 4096, MaxRequests: 4096, MultipartMaxParts: 10000,
		})
	}()
	if err := s.waitFor(ctx, address); err != nil {
		cancel()
		return nil, err
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	s.idle = &http.Transport{MaxIdleConnsPerHost: 256}
	proxy.Transport = s.idle
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		cancel()
		return nil, err
	}
	s.URL = "http://" + listener.Addr().String()
	s.guard = &http.Server{Handler: copyguard.New(asAWS{proxy}, exists(backend)), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.guard.Serve(listener) }()
	return s, nil
}

func (s *Server) waitFor(ctx context.Context, address string) error {
	for {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			return connection.Close()
		}
		select {
		case err := <-s.done:
			return fmt.Errorf("serve S3: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Close stops serving.
func (s *Server) Close() error {
	_ = s.guard.Close()
	s.idle.CloseIdleConnections()
	s.cancel()
	return <-s.done
}

// exists asks the backend directly, because a request would need a signature.
func exists(backend *posix.Posix) copyguard.Exists {
	return func(ctx context.Context, bucket, key string) bool {
		_, err := backend.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
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
