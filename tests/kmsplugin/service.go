package main

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	kms "k8s.io/kms/apis/v2"
)

// Errors of a token, one for each gRPC code that the service answers.
var (
	errNoKey      = errors.New("no such key on the token")
	errCiphertext = errors.New("the token can't decrypt it")
	errLocked     = errors.New("the token refuses the user")
)

// algorithm is the annotation that every ciphertext carries; Decrypt insists
// on it, so that the annotations are seen to travel.
const (
	algorithmName  = "algorithm.kmsplugin.otelcol-sealed.example"
	algorithmValue = "AES-GCM"
)

type service struct {
	kms.UnimplementedKeyManagementServiceServer
	token *token
}

func (s *service) Status(context.Context, *kms.StatusRequest) (*kms.StatusResponse, error) {
	id, err := s.token.newest()
	if err != nil {
		return nil, coded(err)
	}
	return &kms.StatusResponse{Version: "v2", Healthz: "ok", KeyId: id}, nil
}

func (s *service) Encrypt(_ context.Context, r *kms.EncryptRequest) (*kms.EncryptResponse, error) {
	id, err := s.token.newest()
	if err != nil {
		return nil, coded(err)
	}
	out, err := s.token.encrypt(id, r.GetPlaintext())
	if err != nil {
		return nil, coded(err)
	}
	return &kms.EncryptResponse{Ciphertext: out, KeyId: id, Annotations: map[string][]byte{algorithmName: []byte(algorithmValue)}}, nil
}

func (s *service) Decrypt(_ context.Context, r *kms.DecryptRequest) (*kms.DecryptResponse, error) {
	if string(r.GetAnnotations()[algorithmName]) != algorithmValue {
		return nil, status.Error(codes.InvalidArgument, "unknown algorithm")
	}
	out, err := s.token.decrypt(r.GetKeyId(), r.GetCiphertext())
	if err != nil {
		return nil, coded(err)
	}
	return &kms.DecryptResponse{Plaintext: out}, nil
}

func coded(err error) error {
	switch {
	case errors.Is(err, errNoKey):
		return status.Error(codes.NotFound, err.Error())
	case errors.Is(err, errCiphertext):
		return status.Error(codes.InvalidArgument, err.Error())
	case errors.Is(err, errLocked):
		return status.Error(codes.PermissionDenied, err.Error())
	default:
		return status.Error(codes.Unavailable, err.Error())
	}
}
