package tasks

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// digest is what S3 says of an object's content.
type digest struct {
	hash hash.Hash
	want string // of the sum, in the encoding of encode
	// encode writes a sum as S3 does.
	encode func([]byte) string
}

// crc64NVME is the table of S3's own checksum ("Checking object integrity" in the Amazon S3 User Guide).
var crc64NVME = crc64.MakeTable(0x9a6c9329ac4bc9b5)

// findDigest finds a digest that S3 gives of the whole object; nil if there is none. An ETag is an MD5 only of an
// object that was neither uploaded in parts nor encrypted with KMS or a key of the customer (Object in the Amazon S3
// API Reference).
func findDigest(head *s3.HeadObjectOutput) *digest {
	if head.ChecksumType != types.ChecksumTypeComposite {
		for _, known := range []struct {
			hash func() hash.Hash
			want *string
		}{
			{sha256.New, head.ChecksumSHA256},
			{sha1.New, head.ChecksumSHA1},
			{func() hash.Hash { return crc64.New(crc64NVME) }, head.ChecksumCRC64NVME},
			{func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }, head.ChecksumCRC32C},
			{func() hash.Hash { return crc32.NewIEEE() }, head.ChecksumCRC32},
		} {
			// A checksum of parts ends in a hyphen and their number.
			if want := aws.ToString(known.want); want != "" && !strings.Contains(want, "-") {
				return &digest{known.hash(), want, base64.StdEncoding.EncodeToString}
			}
		}
	}
	tag := strings.Trim(aws.ToString(head.ETag), `"`)
	byS3 := head.ServerSideEncryption == "" || head.ServerSideEncryption == types.ServerSideEncryptionAes256
	if !byS3 || aws.ToString(head.SSECustomerAlgorithm) != "" || len(tag) != hex.EncodedLen(md5.Size) {
		return nil
	}
	return &digest{md5.New(), strings.ToLower(tag), hex.EncodeToString}
}

// matches reports whether the content that was written to the hash is the object's.
func (d *digest) matches() bool { return d.encode(d.hash.Sum(nil)) == d.want }
