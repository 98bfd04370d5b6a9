import threading

from export.publish import rollback
from tests.serving.asking import X, ask
from tests.serving.server_thread import Server


def test_no_request_is_lost_in_a_version_change(tmp_path, publish_factor):
    """Clients ask all the time while versions come and are rolled back."""
    publish_factor(tmp_path, 2.0)
    answers, stop = [], threading.Event()

    def client(server):
        while not stop.is_set():
            answers.append(
                ask(server, "/v1/models/toy:predict", {"instances": X})
            )

    with Server(tmp_path, poll_seconds=3600) as server:
        clients = [
            threading.Thread(target=client, args=[server]) for _ in range(4)
        ]
        for thread in clients:
            thread.start()
        publish_factor(tmp_path, 3.0)
        server.poll()
        publish_factor(tmp_path, 2.0)
        publish_factor(tmp_path, 3.0)
        server.poll()
        rollback(tmp_path, "toy")
        server.poll()
        stop.set()
        for thread in clients:
            thread.join()
        _, last = ask(server, "/v1/models/toy:predict", {"instances": X})
    assert {status for status, _ in answers} == {200}
    found = {a["predictions"][0][0] for _, a in answers}
    assert found == {2, 3} and last["predictions"][0][0] == 2
