/* Runs a SavedModel with TensorFlow's C library, without Python.
 *
 * run_saved_model FOLDER INPUT OUTPUT DIMENSION... < floats > floats
 *
 * INPUT and OUTPUT are names of tensors ("encode_x:0"); the dimensions are the
 * input's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/c_api.h"

static void check(TF_Status* status) {
  if (TF_GetCode(status) == TF_OK) return;
  fprintf(stderr, "%s\n", TF_Message(status));
  exit(1);
}

static TF_Output find(TF_Graph* graph, char* name) {
  char* colon = strrchr(name, ':');
  *colon = '\0';
  TF_Output output = {TF_GraphOperationByName(graph, name), atoi(colon + 1)};
  if (!output.oper) {
    fprintf(stderr, "no operation %s\n", name);
    exit(1);
  }
  return output;
}

int main(int argc, char** argv) {
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  const char* tags[] = {"serve"};
  TF_Session* session =
      TF_LoadSessionFromSavedModel(TF_NewSessionOptions(), NULL, argv[1], tags,
                                   1, graph, NULL, status);
  check(status);
  int64_t dims[8];
  size_t bytes = sizeof(float);
  for (int i = 4; i < argc; ++i) bytes *= dims[i - 4] = atoll(argv[i]);
  TF_Tensor* in = TF_AllocateTensor(TF_FLOAT, dims, argc - 4, bytes);
  if (fread(TF_TensorData(in), 1, bytes, stdin) != bytes) return 2;
  TF_Output feed = find(graph, argv[2]), fetch = find(graph, argv[3]);
  TF_Tensor* out = NULL;
  TF_SessionRun(session, NULL, &feed, &in, 1, &fetch, &out, 1, NULL, 0, NULL,
                status);
  check(status);
  fwrite(TF_TensorData(out), 1, TF_TensorByteSize(out), stdout);
  return 0;
}
