// Command local-s3 serves S3 from plain files on a Unix socket, for the local stack. It
// is a program and a module of its own, because its server requires more modules than
// all the rest of the project, which needn't be compiled, linked or audited with them.
//
//	local-s3 DIRECTORY SOCKET
//
// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are the credentials that it accepts, and
// AWS_REGION is its Region. It ends when its standard input ends.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

// copyLimit is the maximum size in bytes of an object that CopyObject copies
// ("CopyObject" in the Amazon S3 API reference: 5 GB).
const copyLimit = 5 << 30

func main() {
	err := errors.New("usage: local-s3 DIRECTORY SOCKET")
	if len(os.Args) == 3 {
		err = serve(os.Args[1], os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "local-s3:", err)
		os.Exit(1)
	}
}

// serve serves the buckets in dir, which it creates, until standard input ends. It
// changes the working directory to dir.
func serve(dir, socket string) error {
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
	ended := make(chan error, 2)
	go func() { ended <- gateway(objects, socket) }()
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		ended <- err
	}()
	return <-ended
}

// gateway serves S3 on a Unix socket until the process ends.
func gateway(objects backend.Backend, socket string) error {
	accessKey, secretKey := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	return embedgw.RunVersityGW(context.Background(), objects, &embedgw.Config{
		RootUserAccess: accessKey, RootUserSecret: secretKey, Region: os.Getenv("AWS_REGION"),
		IAMService: auth.NewIAMServiceSingle(auth.Account{Access: accessKey, Secret: secretKey, Role: auth.RoleAdmin}),
		Ports:      []string{socket}, Quiet: true, KeepAlive: true,
		MaxConnections: 4096, MaxRequests: 4096, MultipartMaxParts: 10000,
	})
}
