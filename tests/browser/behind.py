"""What is behind the dashboard of a test: its control plane, asked and worked in this process."""

from concurrent.futures import ThreadPoolExecutor


def stored(dashboard, number: str) -> str:
    """The *Forward to SIP* of a number, as the control plane has it."""
    with ThreadPoolExecutor(1) as thread:  # Django refuses to work in the thread where Playwright runs its loop
        return thread.submit(_stored, dashboard, number).result()


def work_off(dashboard) -> None:
    """Check or write the imports that wait, as a part of the node does."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_work_off, dashboard).result()


def _work_off(dashboard) -> None:
    from trunkline import control
    from trunkline.control.database import close

    control.setup(dashboard.settings)
    from trunkline.control import services

    try:
        while services.import_worker.step():
            continue
    finally:
        close()


def _stored(dashboard, number: str) -> str:
    from trunkline import control
    from trunkline.control.database import close

    control.setup(dashboard.settings)
    from trunkline.control import services

    try:
        return services.numbers.get(number).forward
    finally:
        close()
