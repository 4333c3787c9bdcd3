"""The settings of runs."""

from chalicelib.storage.port import ObjectStore
from chalicelib.stores.executions import Executions
from tests.stores.executions.builders import NOON, Clock, setting
from tests.stores.executions.contract.base import ContractBase, keys_of, stored


class RunsContract(ContractBase):
    """The settings of runs."""

    def test_a_run_setting_is_stored_as_given(self, work: Executions, medium: ObjectStore) -> None:
        given = setting(max_steps=5, input={"text": "hi"}, experts={"e": {"instruction": "do"}}, later=1)

        work.store_run_setting(given)

        assert work.get_all_runs() == [given]
        assert keys_of(medium) == ["prism/jobs/job-1/runs/run-1/run-setting.json"]

    def test_a_run_setting_stored_again_only_moves_its_last_use(self, work: Executions, clock: Clock) -> None:
        work.store_run_setting(setting(model="first"))
        clock.milliseconds += 1000
        work.store_run_setting(setting(model="second", updated_at=5, extra=True))

        assert work.get_all_runs() == [setting(model="first", updated_at=NOON + 1000)]

    def test_the_last_use_never_moves_back(self, work: Executions, clock: Clock) -> None:
        work.store_run_setting(setting())
        clock.milliseconds -= 1000
        work.store_run_setting(setting())

        assert [found.updated_at for found in work.get_all_runs()] == [NOON]

    def test_runs_come_by_their_last_use(self, work: Executions) -> None:
        for number, updated in enumerate([5, 100, 20]):
            work.store_run_setting(setting(f"run-{number}", f"job-{number % 2}", updated_at=updated))

        assert [found.updated_at for found in work.get_all_runs()] == [100, 20, 5]

    def test_the_runs_of_one_job_come_in_the_order_they_were_begun(self, work: Executions) -> None:
        for number, started in enumerate([20, 5, 100, 20]):
            work.store_run_setting(setting(f"run-{number}", f"job-{number % 3 // 2}", started_at=started))

        assert [found.run_id for found in work.runs_of("job-0")] == ["run-1", "run-0", "run-3"]
        assert [found.run_id for found in work.runs_of("job-1")] == ["run-2"]
        assert work.runs_of("job-2") == []

    def test_secrets_never_reach_the_medium(self, work: Executions, medium: ObjectStore) -> None:
        work.store_run_setting(
            setting(
                perstack_api_key="pk-very-secret",
                env={"GITHUB_TOKEN": "ghp-very-secret"},
                provider_config={"providerName": "anthropic", "apiKey": "sk-very-secret"},
                proxy_url="http://user:very-secret@proxy.example:8080",
            )
        )

        [found] = work.get_all_runs()
        assert b"very-secret" not in stored(medium, "prism/jobs/job-1/runs/run-1/run-setting.json")
        assert found.env == {"GITHUB_TOKEN": "[hidden]"}
        assert found.provider_config == {"providerName": "anthropic", "apiKey": "[hidden]"}
