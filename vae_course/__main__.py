from vae_course.cli import main

main()
