from django.urls import path

from sepo_incident.demo import views

urlpatterns = [
    path("log-ind/", views.sign_in, name="demo_sign_in"),
    path("postkasse/", views.mailbox_page, name="demo_mailbox"),
    path("postkasse/<slug:mail_id>/", views.mail_page, name="demo_mail"),
    path("postkasse/<slug:mail_id>/html/", views.mail_html, name="demo_mail_html"),
]
