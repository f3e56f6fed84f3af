"""The app, and what it adds to the boards and the figures of the app below."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from followups.boards import figure_list, views
        from followups.reporting import figures, letter_figures
        from followups.reporting.figure_definitions import STATUS, LetterFigure
        from notifications import checks, unanswerable_letters, unit_mails  # noqa: F401

        nobody = LetterFigure(
            STATUS, "har ingen, der kan svare", "Åbne breve, som ingen, der er til stede, kan svare for i dag."
        )
        letter_figures.add_letter_figure("NOBODY", nobody, unanswerable_letters.is_unanswerable)
        figures.add_figure_source(unit_mails.mail_figures)
        figure_list.add_figure_group(unit_mails.mail_group)
        views.add_tab("board_mails", "Mails")
