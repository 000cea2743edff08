// Command kmsplugin is a Kubernetes KMS v2 plug-in in front of a PKCS#11 token,
// for tests of the kmsv2 key provider against SoftHSM2. It needs cgo, which is
// why it is a process of its own: the collector is built without.
//
//	kmsplugin -socket S -module libsofthsm2.so -token LABEL -pin-file F
//	kmsplugin ... -create ID     make an AES key with this id on the token, then exit
//	kmsplugin ... -destroy ID    destroy it, then exit
//
// The key with the greatest id encrypts. Keys are sensitive and can't be
// extracted: wrapping happens inside the token.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"google.golang.org/grpc"
	kms "k8s.io/kms/apis/v2"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "kmsplugin:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("kmsplugin", flag.ContinueOnError)
	socket := flags.String("socket", "", "unix socket to serve on")
	module := flags.String("module", "", "PKCS#11 library")
	label := flags.String("token", "", "label of the token")
	pinFile := flags.String("pin-file", "", "file with the user PIN")
	create := flags.String("create", "", "make a key with this id and exit")
	destroy := flags.String("destroy", "", "destroy the key with this id and exit")
	if err := flags.Parse(args); err != nil {
		return err
	}
	pin, err := os.ReadFile(*pinFile)
	if err != nil {
		return err
	}
	t, err := openToken(*module, *label, string(bytes.TrimSpace(pin)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	switch {
	case *create != "":
		return t.create(*create)
	case *destroy != "":
		return t.destroy(*destroy)
	}
	l, err := net.Listen("unix", *socket)
	if err != nil {
		return err
	}
	if err := os.Chmod(*socket, 0o600); err != nil {
		return errors.Join(err, l.Close())
	}
	s := grpc.NewServer()
	kms.RegisterKeyManagementServiceServer(s, &service{token: t})
	unhook := context.AfterFunc(ctx, s.GracefulStop)
	defer unhook()
	fmt.Println("ready")
	return s.Serve(l)
}
